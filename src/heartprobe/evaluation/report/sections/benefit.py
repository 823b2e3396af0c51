"""Decision curves: whether acting on the model is better than acting on everybody or on nobody."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from heartprobe.evaluation.report.cells import number_cell, percent
from heartprobe.evaluation.report.content import Cell, Group, Panel, Paragraph, Picture, Row, Table
from heartprobe.evaluation.report.drawing.plot import band, line, plot
from heartprobe.evaluation.report.drawing.scale import Axis, Frame, large, small
from heartprobe.evaluation.wording import question

Curve = Mapping[str, Any]

_HOW: Final = (
    "Net benefit counts true positives per patient, less false alarms weighted by how many of them one would accept "
    "for one finding that is caught (Vickers and Elkin 2006). The threshold is the probability of the finding from "
    "which one would act. The model is worth using where its line lies above both others."
)
_CAPTION: Final = (
    "Solid, with its 95 % band: acting on the model. Dashed: acting on everybody. Dotted: acting on nobody."
)
_ELSEWHERE: Final = (
    "Where the finding is rarer or commoner, the probabilities are adjusted to that (Saerens and others 2002), as if "
    "they had been calibrated where it is as common as among the tested patients."
)

#: Thresholds whose numbers are written down.
_PLACES: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)


def benefit_group(labels: Mapping[str, Any]) -> Group | None:
    """Return the decision curves of the tested patients, and those at the prevalences that were asked for."""
    curves = {
        label: found["net_benefit"] for label, found in labels.items() if "thresholds" in found.get("net_benefit", {})
    }
    if not curves:
        return None
    n_elsewhere = min(len(curve.get("at_prevalence", ())) for curve in curves.values())
    elsewhere = [{label: curve["at_prevalence"][i] for label, curve in curves.items()} for i in range(n_elsewhere)]
    populations = {"Among the tested patients": curves}
    populations |= {f"Where {percent(_prevalence(there))} have the finding": there for there in elsewhere}
    return Group("Decision curve", (Paragraph(_HOW), *_pictures(populations, curves)))


def _prevalence(curves: Mapping[str, Curve]) -> float:
    return float(next(iter(curves.values()))["prevalence"])


def _pictures(populations: Mapping[str, Mapping[str, Curve]], grids: Mapping[str, Curve]) -> list[Picture]:
    """Return one picture of all populations for one label, and one for each population where there are more."""
    caption = f"{_CAPTION} {_ELSEWHERE}" if len(populations) > 1 else _CAPTION
    tables = {title: _numbers(title, curves, grids) for title, curves in populations.items()}
    if len(grids) == 1:
        ((label, grid),) = grids.items()
        panels = [
            _panel(large, label, curves[label], grid["thresholds"], title) for title, curves in populations.items()
        ]
        return [Picture(tuple(panels), caption, numbers=tuple(tables.values()), is_large=True)]
    return [
        Picture(
            tuple(_panel(small, label, curve, grids[label]["thresholds"], label) for label, curve in curves.items()),
            _CAPTION if curves is grids else caption,
            title,
            (tables[title],),
        )
        for title, curves in populations.items()
    ]


def _panel(
    paper: Callable[[Axis, Axis], Frame], label: str, curve: Curve, thresholds: Sequence[float], title: str
) -> Panel:
    frame = paper(Axis("threshold"), _axis(curve))
    low, high = (curve.get(key) or [None] * len(thresholds) for key in ("low", "high"))
    marks = [
        line(frame, (0, 1), (0, 0), "chance"),
        band(frame, thresholds, low, high, "model"),
        line(frame, thresholds, curve["everybody"], "other"),
        line(frame, thresholds, curve["model"], "model"),
    ]
    detail = f"{percent(round(curve['prevalence'], 3))} have it"
    return Panel(plot(frame, marks, f"Decision curve of {question(label)}; {detail}."), title, detail)


def _axis(curve: Curve) -> Axis:
    """Return an axis up to the most that can be gained, everybody with the finding caught and nobody else alarmed."""
    top = math.ceil(20 * curve["prevalence"]) / 20
    return Axis("net benefit", -0.25 * top, top, (0.0, top))


def _numbers(title: str, curves: Mapping[str, Curve], grids: Mapping[str, Curve]) -> Table:
    rows = []
    for label, curve in curves.items():
        grid = np.asarray(grids[label]["thresholds"], dtype=float)
        nearest = [int(np.argmin(np.abs(grid - place))) for place in _PLACES]
        names = {"model": label, "unadjusted": "as calibrated here", "everybody": "everybody"}
        for key, name in names.items():
            if key in curve:
                cells = (number_cell(curve[key][i]) for i in nearest)
                rows.append(Row((Cell(name), *cells), is_muted=key != "model"))
    header = ("Threshold", *(f"{place:g}" for place in _PLACES))
    return Table(header, tuple(rows), f"Net benefit: {title[0].lower()}{title[1:]}", is_folded=True)
