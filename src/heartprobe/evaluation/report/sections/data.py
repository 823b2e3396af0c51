"""Which recordings and patients there were, how they were divided, and what was wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from heartprobe.audio.sound import AUDIO_ERROR_KINDS
from heartprobe.evaluation.report.cells import percent, plain
from heartprobe.evaluation.report.content import Block, Cell, Flow, Paragraph, Row, Section, Step, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.report.sections.protocol import SplitCounts, from_to
from heartprobe.evaluation.wording import Report, counted, listed, question

#: A report lists so many findings of one kind; `report.json` has them all.
_MOST_OF_A_KIND: Final = 10


def data_section(report: Report, splits: Sequence[SplitCounts]) -> Section:
    """Return the way from recordings to development and test, the facts, and the findings.

    Args:
        report: As it stands in `report.json`.
        splits: The counts of every split, or none where the run folder has no `splits.csv`.
    """
    return Section(titles.DATA, (_flow(report, splits), _facts(report), _labels(report), _findings(report)))


def _flow(report: Report, splits: Sequence[SplitCounts]) -> Flow:
    data = report["data"]
    lost = _left_out(report)
    read = data.get("recordings_read", data["recordings"] + sum(lost.values()))
    missing = read - data["recordings"]
    why = listed(f"{n} {kind}" for kind, n in lost.most_common()) if lost else ""
    left_out = f"{missing} left out{f': {why}' if why else ''}" if missing else ""
    stages = [
        (Step(counted(read, "recording"), f"listed in {data['name']}"),),
        (Step(f"{counted(data['recordings'], 'recording')} used", "long enough, readable, not silent", left_out),),
        (Step(counted(data["patients"], "patient"), "all recordings of a patient stay together"),),
        _division(report, splits),
    ]
    return Flow(tuple(stages), "From recordings to patients who were learned from and patients who were tested.")


def _left_out(report: Report) -> Counter[str]:
    """Return how many recordings could not be used, by what was wrong with them."""
    kinds = {
        finding["subject"]: finding["kind"]
        for finding in report["findings"]
        if finding["is_problem"] and finding["kind"] in AUDIO_ERROR_KINDS
    }
    return Counter(kinds.values())


def _division(report: Report, splits: Sequence[SplitCounts]) -> tuple[Step, ...]:
    patient = report["levels"]["patient"]
    tested = f"{counted(patient['patients'], 'patient')} tested"
    if not splits:
        how = "by a model that was trained before" if report["task"]["protocol"] == "external" else ""
        return (Step(tested, how),)
    models = len(splits)
    often = patient["repeats"]
    each = "" if models == 1 else f"{from_to([s.tested for s in splits])} by each model"
    return (
        Step(
            f"{from_to([s.developed for s in splits])} patients developed on"
            + ("" if models == 1 else f", by each of {models} models"),
            _inside(splits),
        ),
        Step(tested, "; ".join(part for part in (each, f"each of them {often} times" if often > 1 else "") if part)),
    )


def _inside(splits: Sequence[SplitCounts]) -> str:
    """Say how the development patients were used for fitting and for choosing."""
    folds = [len(split.validated) for split in splits]
    sizes = [n for split in splits for n in split.validated]
    if not sizes:
        return ""
    if max(folds) == 1:
        return f"{from_to([s.trained for s in splits])} to fit, {from_to(sizes)} to choose (validation)"
    return f"in {from_to(folds)} folds of {from_to(sizes)}, each of which in turn chooses (validation) and is fitted on"


def _facts(report: Report) -> Table:
    data = report["data"]
    facts = {
        "Data set": data["name"],
        "Licence": data.get("licence", "not stated"),
        "Fingerprint": data["fingerprint"][:16],
    }
    rows = tuple(Row((Cell(name), Cell(plain(value)))) for name, value in facts.items())
    return Table(("", ""), rows, is_numeric=False)


def _labels(report: Report) -> Table:
    """Return how many have each label; with shares only where it is known for how many it is unknown."""
    sites = (report.get("audit") or {}).get("sites") or {}
    rows = []
    for label, n in report["data"].get("patients_with_label", {}).items():
        counts = [site["labels"][label] for site in sites.values() if label in site["labels"]]
        known, ill = (sum(c[key] for c in counts) for key in ("known", "with_finding"))
        share = [Cell(f"{ill} of {known}", f"({percent(round(ill / known, 3))})" if known else "")] if counts else []
        rows.append(Row((Cell(question(label)), Cell(str(n)), *share)))
    has_share = any(len(row.cells) > 2 for row in rows)
    header = ("", "Label = 1", *(["With the finding, of known"] if has_share else []))
    note = "The finding of N is an abnormal heart; N = 1 is a normal one."
    return Table(header, tuple(rows), f"Labels of {counted(report['data']['patients'], 'patient')}", (note,))


def _findings(report: Report) -> Block:
    """Return what was wrong with the data or was corrected in it, problems first."""
    findings = sorted(report["findings"], key=lambda finding: not finding["is_problem"])
    if not findings:
        return Paragraph("Nothing was wrong with the data, and nothing was left out.")
    by_kind: dict[tuple[bool, str], list[Mapping[str, Any]]] = {}
    for finding in findings:
        by_kind.setdefault((finding["is_problem"], finding["kind"]), []).append(finding)
    rows = [row for (is_problem, kind), found in by_kind.items() for row in _of_a_kind(kind, found, is_problem)]
    problems = sum(finding["is_problem"] for finding in findings)
    caption = f"What was found in the data: {counted(problems, 'problem')}, {counted(len(findings) - problems, 'note')}"
    header = ("", "Kind", "What", "Detail")
    return Table(header, tuple(rows), caption, is_folded=True, is_numeric=False)


def _of_a_kind(kind: str, findings: Sequence[Mapping[str, Any]], is_problem: bool) -> list[Row]:
    mark = Cell("problem" if is_problem else "note")
    rows = [Row((mark, Cell(kind), Cell(f["subject"]), Cell(f["detail"]))) for f in findings[:_MOST_OF_A_KIND]]
    more = len(findings) - len(rows)
    if more:
        rows.append(Row((mark, Cell(kind), Cell(f"{more} more"), Cell("They are in report.json."))))
    return rows
