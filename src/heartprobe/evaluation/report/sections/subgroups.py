"""The result in groups of patients: a mean can hide that a model works for some of them only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from heartprobe.evaluation.report.cells import metric_cell, missing_notes
from heartprobe.evaluation.report.content import Block, Cell, Group, Row, Table
from heartprobe.evaluation.wording import count, counted

_METRICS: Final = {"auroc": "AUROC", "sensitivity": "Sensitivity", "specificity": "Specificity"}
_FEW: Final = (
    "Groups are small and many are looked at: a difference between two is a question for other data, not an answer."
)


def subgroups_group(audit: Mapping[str, Any]) -> Group | None:
    """Return metrics in each group, or why a division could not be made."""
    partitions: Sequence[Mapping[str, Any]] = audit.get("subgroups") or []
    if not partitions:
        return None
    divided = [partition for partition in partitions if partition.get("groups")]
    undivided = tuple(f"{p['title']}: {p['reason']}." for p in partitions if p.get("reason"))
    blocks: list[Block] = []
    if divided:
        labels = list(divided[0]["groups"][0]["labels"])
        if len(labels) == 1:
            blocks.append(_by_metric(divided, labels[0], (_FEW, *undivided)))
        else:
            blocks.append(_by_label(divided, labels, "auroc", (_FEW, *undivided)))
            blocks += [_by_label(divided, labels, metric, ()) for metric in ("sensitivity", "specificity")]
    else:
        blocks.append(Table(("",), (), "No group could be formed", undivided))
    if difference := _posture(audit.get("posture_difference")):
        blocks.append(difference)
    return Group("Groups of patients", tuple(blocks))


def _by_metric(partitions: Sequence[Mapping[str, Any]], label: str, notes: tuple[str, ...]) -> Table:
    """Return the table for one label: a column per metric, and how many have the finding."""
    rows, entries = [], []
    for partition in partitions:
        rows.append(Row((Cell(partition["title"]), *[Cell("")] * (1 + len(_METRICS))), is_heading=True))
        for group in partition["groups"]:
            found = group["labels"][label]
            cells = (metric_cell(found[metric]) for metric in _METRICS)
            rows.append(Row((_name(partition, group), Cell(count(found["with_finding"])), *cells)))
            entries += [(group["group"], name, found[metric]) for metric, name in _METRICS.items()]
    header = ("", "With the finding", *_METRICS.values())
    return Table(header, tuple(rows), "Result by group", notes, missing_notes(entries))


def _by_label(
    partitions: Sequence[Mapping[str, Any]], labels: Sequence[str], metric: str, notes: tuple[str, ...]
) -> Table:
    """Return the table of one metric: a column per label."""
    rows, entries = [], []
    for partition in partitions:
        rows.append(Row((Cell(partition["title"]), *[Cell("")] * len(labels)), is_heading=True))
        for group in partition["groups"]:
            found = [group["labels"][label][metric] for label in labels]
            rows.append(Row((_name(partition, group), *map(metric_cell, found))))
            entries += [(group["group"], label, entry) for label, entry in zip(labels, found, strict=True)]
    caption = f"{_METRICS[metric]} by group"
    is_folded = metric != "auroc"
    return Table(("", *labels), tuple(rows), caption, notes, missing_notes(entries), is_folded=is_folded)


def _name(partition: Mapping[str, Any], group: Mapping[str, Any]) -> Cell:
    is_patients = partition.get("level", "patient") == "patient"
    size = group["patients"] if is_patients else group.get("units", group["patients"])
    return Cell(group["group"], counted(size, "patient" if is_patients else "recording"))


def _posture(found: Mapping[str, Any] | None) -> Table | None:
    if not found or "labels" not in found:
        return None
    rows = tuple(
        Row((Cell(label), *(metric_cell(entries.get(metric)) for metric in _METRICS)))
        for label, entries in found["labels"].items()
    )
    missing = missing_notes(
        (label, name, entries.get(metric))
        for label, entries in found["labels"].items()
        for metric, name in _METRICS.items()
    )
    caption = f"{found['of'].capitalize()} minus {found['minus']}, the same patients and areas"
    return Table(("", *_METRICS.values()), rows, caption, missing=missing, is_folded=True)
