"""How a result came about: data, choices, what was left out, settings, environment, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from heartprobe.evaluation.report.content import Block, Cell, Paragraph, Row, Section, Table
from heartprobe.evaluation.report.wording import Report, plain, question

#: A report lists so many findings; `report.json` has them all.
_MOST_FINDINGS: Final = 100


def data_section(report: Report) -> Section:
    """Return what was learned from and tested on."""
    data = report["data"]
    facts = {
        "Data set": data["name"],
        "Licence": data.get("licence", "not stated"),
        "Patients": data["patients"],
        "Recordings": data["recordings"],
        "Fingerprint": data["fingerprint"][:16],
    }
    with_label = data.get("patients_with_label", {})
    counts = [
        _row(f"{label} = 1", f"{n} of {data['patients']} patients ({100 * n / data['patients']:.0f} %)")
        for label, n in with_label.items()
    ]
    rows = [*(_row(name, value) for name, value in facts.items()), *counts]
    return Section("Data", (Table(("", ""), tuple(rows), is_numeric=False),))


def model_section(report: Report) -> Section:
    """Return what was trained and what was chosen on validation in each split."""
    task = report["task"]
    encoder = task["encoder"]
    rows = [
        _row("Asked", "; ".join(question(label) for label in task["labels"])),
        _row("Encoder", plain(encoder["name"] if isinstance(encoder, Mapping) else encoder)),
        _row("Encoder trained", task.get("is_fine_tuned", False)),
        _row("Head", task["head"]),
        _row("Demographics used", task.get("demographics", [])),
    ]
    blocks: list[Block] = [Table(("", ""), tuple(rows), is_numeric=False), *_selection(report["selection"])]
    blocks += [Paragraph(note) for note in report["notes"]]
    return Section("Model", tuple(blocks))


def findings_section(report: Report) -> Section:
    """Return what was wrong with the data or was corrected in it; recordings left out are among it."""
    findings = sorted(report["findings"], key=lambda finding: not finding["is_problem"])
    if not findings:
        return Section("Findings", (Paragraph("Nothing was wrong with the data, and nothing was left out."),))
    rows = [
        Row((Cell("problem" if f["is_problem"] else "note"), Cell(f["kind"]), Cell(f["subject"]), Cell(f["detail"])))
        for f in findings[:_MOST_FINDINGS]
    ]
    more = len(findings) - len(rows)
    notes = (f"{more} more are in report.json.",) if more else ()
    problems = sum(finding["is_problem"] for finding in findings)
    caption = f"{problems} problem(s) and {len(findings) - problems} note(s)"
    table = Table(
        ("", "Kind", "What", "Detail"), tuple(rows), caption, notes, is_folded=len(rows) > 8, is_numeric=False
    )
    return Section("Findings", (table,))


def settings_section(report: Report, environment: Mapping[str, Any] | None) -> Section:
    """Return all settings and the environment, folded."""
    tables = []
    if settings := report.get("settings"):
        tables.append(_flat_table("Settings", settings))
    made_with = {**report["created_by"], **(environment or {})}
    tables.append(_flat_table("Environment", made_with))
    return Section("Settings and environment", tuple(tables))


def limits_section(report: Report) -> Section:
    """Return what the numbers cannot tell."""
    patients = report["levels"]["patient"]["patients"]
    limits = [
        f"{patients} patients of {_where(report)}: the intervals tell how other patients of the same kind would come "
        "out, and nothing about other hospitals, stethoscopes or populations. Models of heart sounds are known to "
        "lose much of their accuracy there.",
        "The intervals hold the trained models as they are; training again would add to them.",
        "PPV, NPV and accuracy hold for the share of the sick in this data set, which is not that of a clinic.",
        "Probabilities are not calibrated; decisions are made at one threshold for all labels.",
    ]
    if report["task"]["protocol"] in ("cv", "leave-site-out"):
        limits.append(
            "The predictions of several models are pooled; the model that is kept was trained "
            "on everybody and is none of those that were tested."
        )
    if report["data"]["is_synthetic"]:
        limits.insert(0, "The data are synthetic: no number here is about people.")
    return Section("Limits", tuple(Paragraph(text) for text in limits))


def _where(report: Report) -> str:
    return f"{len(report['sites'])} sites" if "sites" in report else "one data set"


def _selection(selection: list[Mapping[str, Any]]) -> list[Table]:
    """Return what was chosen in each split; lists of candidates stay in `report.json`."""
    keys = list(
        dict.fromkeys(
            key for chosen in selection for key, value in chosen.items() if not isinstance(value, list | Mapping)
        )
    )
    if not keys:
        return []
    rows = tuple(Row(tuple(Cell(plain(chosen[key]) if key in chosen else "") for key in keys)) for chosen in selection)
    header = tuple(key.replace("_", " ") for key in keys)
    return [Table(header, rows, "Chosen on validation patients, per split", is_folded=len(rows) > 8, is_numeric=False)]


def _flat_table(caption: str, values: Mapping[str, Any]) -> Table:
    rows = tuple(_row(key, value) for key, value in _flat(values).items())
    return Table(("", ""), rows, caption, is_folded=True, is_numeric=False)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return flat


def _row(name: str, value: Any) -> Row:
    return Row((Cell(name), Cell(plain(value))))
