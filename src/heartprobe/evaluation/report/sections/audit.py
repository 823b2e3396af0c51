"""What else than the heart the result may rest on: who the patient is, where the recording was made, a copied sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from heartprobe.evaluation.report.cells import metric_cell, missing_notes
from heartprobe.evaluation.report.content import Block, Cell, Group, Paragraph, Row, Section, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.report.sections.pooled import RANKED, pooled_caution
from heartprobe.evaluation.report.sections.site_probe import site_probe_group
from heartprobe.evaluation.report.sections.subgroups import subgroups_group
from heartprobe.evaluation.wording import Entry, Report, counted, listed

_SOUND_AND_DEMOGRAPHICS: Final = {
    "audio_only": "sound alone",
    "audio_and_demographics": "sound and demographics",
    "difference": "difference",
}
_MOST_GROUPS: Final = 50


def audit_section(report: Report) -> Section | None:
    """Return what the confounder audit has measured; its sentences stand at the top of the report."""
    audit = report.get("audit")
    if not audit:
        return None
    groups = (
        _with_demographics(audit.get("with_demographics")),
        subgroups_group(audit),
        _empty_cells(audit.get("empty_cells")),
        site_probe_group(audit.get("site_probe")),
        _identical(audit.get("identical")),
    )
    there = tuple(group for group in groups if group is not None)
    return Section(titles.AUDIT, (*pooled_caution(report, RANKED), *there)) if there else None


def _with_demographics(found: Mapping[str, Any] | None) -> Group | None:
    if found is None:
        return None
    title = "What demographics add to the sound"
    if "reason" in found:
        return Group(title, (Paragraph(f"Not measured: {found['reason']}."),))
    labels = list(found["audio_only"]["labels"])
    rows, entries = [], []
    for key, name in _SOUND_AND_DEMOGRAPHICS.items():
        columns = _aurocs(found[key], labels)
        used = "used in this run" if key == found.get("used") else ""
        rows.append(Row((Cell(name, used), *(metric_cell(entry) for _, entry in columns))))
        entries += [(name, what, entry) for what, entry in columns]
    header = ("AUROC", *(name for name, _ in _aurocs(found["audio_only"], labels)))
    return Group(title, (Table(header, tuple(rows), missing=missing_notes(entries)),))


def _aurocs(values: Mapping[str, Any], labels: list[str]) -> list[tuple[str, Entry]]:
    """Return the AUROC, or its difference, of each label and of their mean."""
    found = [(label, _auroc(values["labels"][label])) for label in labels if label in values["labels"]]
    if len(labels) > 1 and values.get("macro"):
        found.append(("macro", _auroc(values["macro"])))
    return found


def _auroc(entry: Mapping[str, Any]) -> Entry:
    inner: Entry = entry.get("auroc", entry)
    return inner


def _empty_cells(cells: list[Mapping[str, Any]] | None) -> Group | None:
    if not cells:
        return None
    rows = tuple(
        Row(
            (
                Cell(f"{cell['label']}: {cell['side']} the finding", counted(cell["class_patients"], "patient")),
                Cell(f"{cell['by']}: {cell['group']}"),
                Cell(f"{cell['patients']} of {cell['other_patients']}"),
            )
        )
        for cell in cells
    )
    header = ("Patients", "Of whom none is", "Of the others")
    note = "About such patients the result says nothing: whoever is of the kind has one answer in these data."
    table = Table(header, rows, counted(len(cells), "kind") + " of patients", (note,), is_folded=True, is_numeric=False)
    return Group("Kinds of patients that a class lacks", (table,))


def _identical(found: Mapping[str, Any] | None) -> Group | None:
    if found is None:
        return None
    title = "Identical recordings"
    if "reason" in found:
        return Group(title, (Paragraph(f"Not examined: {found['reason']}."),))
    if not found["sounds"]:
        return Group(title, (Paragraph("No sound stands under two names."),))
    blocks: list[Block] = [Paragraph(_identical_words(found)), *_without(found)]
    if groups := found.get("groups"):
        blocks.append(_groups(groups))
    return Group(title, tuple(blocks))


def _identical_words(found: Mapping[str, Any]) -> str:
    across = [
        f"{found[key]} across {name}"
        for key, name in (
            ("across_patients", "patients"),
            ("across_sites", "sites"),
            ("across_data_sets", "data sets"),
        )
        if found.get(key)
    ]
    told = f" ({listed(across)})" if across else ""
    against = found.get("contradicting")
    contradicting = f" Contradicting labels: {counted(against, 'sound')}." if against else ""
    return (
        f"Under several names: {counted(found['sounds'], 'sound')}{told}, "
        f"{counted(found['recordings'], 'recording')} of {counted(found['patients'], 'patient')}.{contradicting}"
    )


def _without(found: Mapping[str, Any]) -> list[Block]:
    """Return what the result is without the patients concerned, or why that is not known."""
    without = found.get("without") or {}
    if "reason" in without or "labels" not in without:
        reason = without.get("reason")
        return [Paragraph(f"The result without them was not measured: {reason}.")] if reason else []
    labels = list(without["labels"])
    difference = found.get("difference") or {}
    rows = [Row((Cell("without them"), *(metric_cell(entry) for _, entry in _aurocs(without, labels))))]
    entries = [("without them", what, entry) for what, entry in _aurocs(without, labels)]
    if "labels" in difference:
        columns = _aurocs(difference, labels)
        rows.append(Row((Cell("change"), *(metric_cell(entry) for _, entry in columns))))
        entries += [("change", what, entry) for what, entry in columns]
    header = ("AUROC", *(name for name, _ in _aurocs(without, labels)))
    n = without.get("patients")
    caption = f"Without {counted(n, 'patient')} concerned" if n else ""
    return [Table(header, tuple(rows), caption, missing=missing_notes(entries))]


def _groups(groups: list[Mapping[str, Any]]) -> Table:
    rows = tuple(
        Row((Cell(group["across"]), Cell(", ".join(group["recordings"])), Cell(", ".join(group["patients"]))))
        for group in groups[:_MOST_GROUPS]
    )
    more = len(groups) - len(rows)
    notes = (f"{more} more are in report.json.",) if more else ()
    header = ("Across", "Recordings with the same sound", "Patients")
    return Table(header, rows, "Which recordings", notes, is_folded=True, is_numeric=False)
