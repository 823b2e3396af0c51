"""The picture of the ROC curves, as SVG that takes its colours from the page around it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.evaluation.report.content import Picture
from heartprobe.evaluation.report.wording import number
from heartprobe.labels import LABELS, finding_value

#: Colours that stand for variables of the page's style sheet in what matplotlib writes.
_INK, _LINE = "#010203", "#010204"
_CURVES: Final = tuple(f"#01030{i}" for i in range(5))
_VARIABLES: Final = {_INK: "--ink", _LINE: "--soft", **{c: f"--curve-{i}" for i, c in enumerate(_CURVES)}}

#: Told apart without colours, too.
_DASHES: Final = ("solid", "solid", (0, (6, 1.5)), (0, (3, 1.5)), (0, (6, 1.5, 1, 1.5)))

_GRID: Final = np.linspace(0, 1, 201)


def roc_picture(predictions: pd.DataFrame, levels: Mapping[str, Any]) -> Picture | None:
    """Return one curve per label, per patient, with the point of the decisions on it.

    With several repeats a curve is the mean of theirs at equal false-alarm rates (Fawcett, Pattern
    Recognition Letters 2006; 27:861).

    Args:
        predictions: As `read_predictions` returns them.
        levels: The `levels` of the report.

    Returns:
        `None` where no label has both a patient with the finding and one without.
    """
    patients = predictions[(predictions["level"] == "patient") & predictions["truth"].notna()]
    metrics = levels["patient"]["labels"]
    curves = {
        label: _mean_curve(patients[patients["label"] == label], label)
        for label, entries in metrics.items()
        if entries["auroc"]["value"] is not None
    }
    if not curves:
        return None
    caption = (
        "ROC curves over patients. A dot is where the decisions were made: the share of patients with the finding who "
        "were found, against the share of the others who were falsely declared to have it. N: abnormal hearts are the "
        "finding. In the legend: AUROC."
    )
    return Picture(_drawn(curves, metrics), caption)


Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


def _mean_curve(rows: pd.DataFrame, label: str) -> Curve:
    curves = [_curve(part, label) for _, part in rows.groupby("repeat")]
    if len(curves) == 1:
        return curves[0]
    found = np.mean([_upper(curve) for curve in curves], axis=0)
    return np.concatenate([[0.0], _GRID]), np.concatenate([[0.0], found])


def _upper(curve: Curve) -> NDArray[np.float64]:
    """Return the found share at each false-alarm rate of the grid, at a vertical step its top."""
    false_alarms, found = curve
    before = np.searchsorted(false_alarms, _GRID, side="right") - 1
    after = np.minimum(before + 1, len(found) - 1)
    step = false_alarms[after] - false_alarms[before]
    share = np.divide(_GRID - false_alarms[before], step, out=np.zeros_like(_GRID), where=step > 0)
    return np.asarray(found[before] + share * (found[after] - found[before]))


def _curve(rows: pd.DataFrame, label: str) -> Curve:
    """Return false alarms and found shares as the threshold falls, equal probabilities as one step."""
    sign = 1 if finding_value(label) == 1 else -1
    score = sign * rows["probability"].to_numpy(np.float64)
    order = np.argsort(-score, kind="stable")
    is_ill = (rows["truth"].to_numpy(np.float64) == finding_value(label))[order]
    is_last = np.append(np.diff(score[order]) != 0, True)
    found, alarms = np.cumsum(is_ill)[is_last], np.cumsum(~is_ill)[is_last]
    return np.append(0, alarms / alarms[-1]), np.append(0, found / found[-1])


def _drawn(curves: Mapping[str, Curve], metrics: Mapping[str, Any]) -> str:
    # matplotlib costs half a second and is imported only where a report is written.
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # Text stays text, and ids do not change from one writing to the next.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "roc", "font.size": 10, "font.family": "sans-serif"}):
        figure = Figure(figsize=(4.6, 4.6), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=_LINE, linewidth=0.8, linestyle=(0, (1, 3)))
        for label, (false_alarms, found) in curves.items():
            look = LABELS.index(label) if label in LABELS else 0
            name = f"{label}  {number(metrics[label]['auroc']['value'])}"
            axes.plot(false_alarms, found, color=_CURVES[look], linestyle=_DASHES[look], linewidth=1.8, label=name)
            if (point := _decision_point(metrics[label])) is not None:
                axes.plot(*point, "o", color=_CURVES[look], markersize=5)
        _dress(axes)
        text = io.StringIO()
        canvas: Any = FigureCanvasSVG(figure)  # its methods carry no types
        canvas.print_svg(text, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _themed(text.getvalue())


def _decision_point(metrics: Mapping[str, Any]) -> tuple[float, float] | None:
    sensitivity, specificity = metrics["sensitivity"]["value"], metrics["specificity"]["value"]
    return None if sensitivity is None or specificity is None else (1 - specificity, sensitivity)


def _dress(axes: Any) -> None:
    axes.set(xlim=(-0.01, 1), ylim=(0, 1.01), aspect="equal")
    axes.set_xlabel("falsely declared (1 - specificity)", color=_INK)
    axes.set_ylabel("found (sensitivity)", color=_INK)
    axes.tick_params(colors=_LINE, labelcolor=_INK)
    axes.patch.set_visible(False)
    axes.figure.patch.set_visible(False)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_LINE)
    axes.legend(loc="lower right", frameon=False, labelcolor=_INK, handlelength=2.6)


def _themed(svg: str) -> str:
    """Return the `svg` element alone, without a fixed size, its colours replaced by variables of the page."""
    svg = svg[svg.index("<svg") :].strip()
    start, rest = svg.split(">", 1)
    start = " ".join(part for part in start.split() if not part.startswith(("width=", "height=")))
    svg = f'{start} role="img" aria-label="ROC curves">{rest}'
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg
