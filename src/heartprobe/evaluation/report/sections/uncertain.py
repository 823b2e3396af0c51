"""What withholding uncertain answers buys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from heartprobe.evaluation.report.cells import metric_cell, missing_notes, number_cell, percent
from heartprobe.evaluation.report.content import Cell, Group, Panel, Paragraph, Picture, Row, Table
from heartprobe.evaluation.report.drawing.plot import band, dot, line, plot
from heartprobe.evaluation.report.drawing.scale import Axis, Frame, large, small
from heartprobe.evaluation.wording import number, question

_COLUMNS: Final = {
    "share": "Withheld",
    "error_all": "Errors, everybody answered",
    "error_decided": "Errors of the rest",
}
_HOW: Final = (
    "An answer is withheld where the calibrated probability, or the agreement of the positions, does not support a "
    "decision."
)
_LIMIT: Final = "It does not where more than {} of such decisions were wrong among validation patients."
_CAPTION: Final = (
    "Share of wrong decisions when only so many patients are answered, the most certain first, with 95 % bands. The "
    "dot is what was done."
)
_PLACES: Final = (1.0, 0.9, 0.8, 0.7, 0.5)


def uncertain_group(labels: Mapping[str, Any], largest_error: float | None) -> Group | None:
    """Return how many answers are withheld, how many of the others are wrong, and the curve of error over coverage.

    Args:
        labels: The decisions by label.
        largest_error: The share of wrong decisions among validation patients above which answers are withheld.
    """
    found = {label: values["uncertain"] for label, values in labels.items() if values.get("uncertain")}
    if not found:
        return None
    drawn = {label: values for label, values in found.items() if values.get("curve", {}).get("coverage")}
    picture = [_picture(drawn)] if drawn else []
    how = _HOW if largest_error is None else f"{_HOW} {_LIMIT.format(percent(largest_error))}"
    return Group("Uncertain answers", (Paragraph(how), _table(found), *picture))


def _table(found: Mapping[str, Any]) -> Table:
    rows = tuple(
        Row((Cell(label), *(metric_cell(values.get(key)) for key in _COLUMNS))) for label, values in found.items()
    )
    missing = missing_notes(
        (label, name.lower(), values.get(key)) for label, values in found.items() for key, name in _COLUMNS.items()
    )
    return Table(("", *_COLUMNS.values()), rows, missing=missing)


def _picture(found: Mapping[str, Any]) -> Picture:
    paper = large if len(found) == 1 else small
    panels = tuple(_panel(paper, label, values) for label, values in found.items())
    return Picture(panels, _CAPTION, "Error over coverage", (_numbers(found),), is_large=paper is large)


def _panel(paper: Callable[[Axis, Axis], Frame], label: str, values: Mapping[str, Any]) -> Panel:
    curve = values["curve"]
    highest = max((v for v in curve.get("high", curve["error"]) if v is not None), default=0.0)
    top = 0.5 if highest <= 0.5 else 1.0
    frame = paper(Axis("share answered"), Axis("share wrong", 0.0, top, (0.0, top / 2, top)))
    marks = []
    if "low" in curve:
        marks.append(band(frame, curve["coverage"], curve["low"], curve["high"], "model"))
    marks.append(line(frame, curve["coverage"], curve["error"], "model"))
    share, error = values["share"]["value"], values["error_decided"]["value"]
    if share is not None and error is not None:
        marks.append(dot(frame, 1 - share, error, "model", f"{number(share)} withheld, {number(error)} wrong"))
    return Panel(plot(frame, marks, f"Share of wrong decisions over the share answered, {question(label)}."), label)


def _numbers(found: Mapping[str, Any]) -> Table:
    rows = []
    for label, values in found.items():
        coverage = np.asarray(values["curve"]["coverage"], dtype=float)
        cells = (number_cell(values["curve"]["error"][int(np.argmin(np.abs(coverage - p)))]) for p in _PLACES)
        rows.append(Row((Cell(label), *cells)))
    header = ("Share answered", *(f"{place:g}" for place in _PLACES))
    return Table(header, tuple(rows), "Errors by the share that is answered", is_folded=True)
