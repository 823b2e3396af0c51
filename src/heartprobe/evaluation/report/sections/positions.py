"""What is heard where on the chest, and how the positions become one answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from heartprobe.data.recordings import POSTURES, VALVE_AREAS
from heartprobe.evaluation.audit.partitions import POSTURES as POSTURE_NAMES
from heartprobe.evaluation.report.cells import metric_cell, missing_notes
from heartprobe.evaluation.report.content import Block, Cell, Group, Panel, Paragraph, Picture, Row, Section, Table
from heartprobe.evaluation.report.drawing.heat import heat_grid
from heartprobe.evaluation.report.markup import Html
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.report.sections.pooled import RANKED, pooled_caution
from heartprobe.evaluation.wording import Entry, Report, counted, question

AREA_NAMES: Final = {"Mit": "mitral", "Tri": "tricuspid", "Pul": "pulmonary", "Aor": "aortic"}

_UNKNOWN_POSTURE: Final = "any"
_METRICS: Final = {"auroc": "AUROC", "sensitivity": "Sensitivity", "specificity": "Specificity"}
_CHEST: Final = (
    "AUROC of the recordings of one position alone. Mit, Tri, Pul, Aor: the mitral, tricuspid, pulmonary and aortic "
    "areas. The deeper the shade, the further from 0.5; orange is below it."
)
_FUSION: Final = (
    "How the recordings of a patient become one answer, compared on the same test patients; differences are paired, "
    "of the macro AUROC. The best rule of this table was read off the test patients: who chooses by it has to test "
    "again."
)
_WEIGHTS: Final = (
    "How much the learned rule lets each position count, as a share of all, in the mean over folds. Equal shares are "
    "what the mean of the log odds does."
)


def positions_section(report: Report) -> Section | None:
    """Return the metrics of each position, and the rules that fuse them."""
    groups = [group for group in (_chest(report), _fusion(report)) if group is not None]
    return Section(titles.POSITIONS, (*pooled_caution(report, RANKED), *groups)) if groups else None


def position_name(position: str) -> str:
    """Return a position such as `sup_Mit` in words."""
    posture, _, area = position.rpartition("_")
    return ", ".join(part for part in (AREA_NAMES.get(area, area), POSTURE_NAMES.get(posture, posture)) if part)


def _chest(report: Report) -> Group | None:
    found = (report.get("positions") or {}).get("positions")
    if not found:
        return None
    labels = list(next(iter(found.values()))["labels"])
    panels = []
    for label in labels:
        entries = {position: values["labels"][label]["auroc"] for position, values in found.items()}
        cells = {p: (f"{e['value']:.2f}", 2 * (e["value"] - 0.5)) for p, e in entries.items() if e["value"] is not None}
        panels.append(Panel(_grid(list(found), cells, f"AUROC of {question(label)} by position"), label))
    return Group("One position alone", (Picture(tuple(panels), _CHEST, numbers=tuple(_tables(found, labels))),))


def _grid(positions: Sequence[str], cells: Mapping[str, tuple[str, float]], alt: str) -> Html:
    """Return the positions as a grid of postures and valve areas."""
    placed = {position: _place(position) for position in positions}
    postures = [POSTURE_NAMES[p] for p in POSTURES] + [_UNKNOWN_POSTURE]
    rows = [row for row in postures if any(place[0] == row for place in placed.values())]
    columns = [area for area in VALVE_AREAS if any(place[1] == area for place in placed.values())]
    said = ", ".join(f"{position_name(position)} {text}" for position, (text, _) in cells.items())
    return heat_grid(rows, columns, {placed[p]: cell for p, cell in cells.items()}, f"{alt}: {said}.")


def _place(position: str) -> tuple[str, str]:
    posture, _, area = position.rpartition("_")
    return POSTURE_NAMES.get(posture, _UNKNOWN_POSTURE), area


def _tables(found: Mapping[str, Any], labels: Sequence[str]) -> list[Table]:
    """Return one table with all metrics of one label, or one per metric with a column per label."""
    if len(labels) == 1:
        columns = {name: (labels[0], metric) for metric, name in _METRICS.items()}
        return [_table(found, columns, "Every position, per recording")]
    return [
        _table(found, {label: (label, metric) for label in labels}, f"{name} of every position, per recording")
        for metric, name in _METRICS.items()
    ]


def _table(found: Mapping[str, Any], columns: Mapping[str, tuple[str, str]], caption: str) -> Table:
    """Return a table with a row per position and the columns that are named, each a label and a metric."""
    entries = {
        position: {name: values["labels"][label][metric] for name, (label, metric) in columns.items()}
        for position, values in found.items()
    }
    rows = tuple(
        Row((Cell(position_name(position), _size(found[position])), *map(metric_cell, by_name.values())))
        for position, by_name in entries.items()
    )
    missing = missing_notes(
        (position_name(position), name, entry)
        for position, by_name in entries.items()
        for name, entry in by_name.items()
    )
    return Table(("", *columns), rows, caption, missing=missing, is_folded=True)


def _size(values: Mapping[str, Any]) -> str:
    return counted(values["recordings"], "recording") if "recordings" in values else ""


def _fusion(report: Report) -> Group | None:
    fusion = report.get("fusion")
    if not fusion:
        return None
    blocks: list[Block] = [Paragraph(_FUSION), _rules(fusion)]
    if fusion.get("weights"):
        blocks.append(_weights(fusion["weights"]))
    return Group("All positions together", tuple(blocks))


def _rules(fusion: Mapping[str, Any]) -> Table:
    rules, used = fusion["rules"], fusion["used"]
    labels = list(next(iter(rules.values()))["labels"])
    several = len(labels) > 1
    rows, entries = [], []
    for rule, values in rules.items():
        columns: list[tuple[str, Entry]] = [(label, values["labels"][label]["auroc"]) for label in labels]
        if several:
            columns.insert(0, ("macro", values["macro"]["auroc"]))
        difference = values.get("difference")
        name = Cell(rule, "used in this run") if rule == used else Cell(rule)
        against = Cell("") if difference is None else metric_cell(difference)
        rows.append(Row((name, *(metric_cell(entry) for _, entry in columns), against)))
        entries += [(rule, what, entry) for what, entry in (*columns, ("difference", difference))]
    header = ("", *(["Macro AUROC"] if several else []), *(f"AUROC {label}" for label in labels), f"Against {used}")
    return Table(header, tuple(rows), "Rules from recordings to patients", missing=missing_notes(entries))


def _weights(weights: Mapping[str, Mapping[str, float]]) -> Picture:
    panels = []
    for label, shares in weights.items():
        most = max(shares.values(), default=1.0)
        cells = {position: (f"{share:.2f}", share / most) for position, share in shares.items()}
        panels.append(Panel(_grid(list(shares), cells, f"Weights of the positions for {question(label)}"), label))
    positions = list(dict.fromkeys(position for shares in weights.values() for position in shares))
    rows = tuple(
        Row((Cell(label), *(Cell(f"{shares[p]:.2f}" if p in shares else "") for p in positions)))
        for label, shares in weights.items()
    )
    header = ("", *(position_name(position) for position in positions))
    numbers = Table(header, rows, "Weights of the positions", is_folded=True)
    return Picture(tuple(panels), _WEIGHTS, "Weights of the learned rule", (numbers,))
