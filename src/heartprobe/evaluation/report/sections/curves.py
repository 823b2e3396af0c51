"""ROC and precision-recall curves with their bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from heartprobe.evaluation.report.cells import interval, number_cell
from heartprobe.evaluation.report.content import Cell, Panel, Picture, Row, Section, Table
from heartprobe.evaluation.report.drawing.plot import band, dot, line, plot
from heartprobe.evaluation.report.drawing.scale import Axis, Frame, large, small
from heartprobe.evaluation.report.markup import Html
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.evaluation.wording import Entry, Report, metric_short, number, question

Curve = Mapping[str, Any]

#: Where the numbers of a curve are written down.
_SPECIFICITIES: Final = (0.95, 0.9, 0.8, 0.7, 0.5)
_RECALLS: Final = (0.5, 0.7, 0.8, 0.9, 0.95)

_ROC: Final = (
    "ROC over patients with pointwise 95 % bands. The dot is where the decisions were made; the dotted line is chance."
)
_PRECISION_RECALL: Final = (
    "Precision over recall of the finding (for N: an abnormal heart) with pointwise 95 % bands. The dotted line is "
    "what chance reaches: the share of patients with the finding here."
)


def curves_section(report: Report) -> Section | None:
    """Return a ROC and a precision-recall curve for each label; none over sites that were tested by several models."""
    if has_model_per_site(report):
        return None
    labels = {
        label: curves
        for label, curves in (report.get("curves") or {}).get("labels", {}).items()
        if (curves.get("roc") or {}).get("sensitivity")
    }
    if not labels:
        return None
    metrics = report["levels"]["patient"]["labels"]
    rocs = {label: curves["roc"] for label, curves in labels.items()}
    recalls = {label: curves["precision_recall"] for label, curves in labels.items()}
    tables = (_sensitivities(rocs), _precisions(recalls))
    if len(labels) == 1:
        (label,) = labels
        of_label = metrics[label]
        panels = (_roc(large, label, rocs[label], of_label), _precision_recall(large, label, recalls[label], of_label))
        return Section(titles.CURVES, (Picture(panels, f"{_ROC} {_PRECISION_RECALL}", numbers=tables, is_large=True),))
    roc = tuple(_roc(small, label, curve, metrics[label]) for label, curve in rocs.items())
    recall = tuple(_precision_recall(small, label, curve, metrics[label]) for label, curve in recalls.items())
    return Section(
        titles.CURVES,
        (
            Picture(roc, _ROC, "ROC", tables[:1]),
            Picture(recall, _PRECISION_RECALL, "Precision and recall", tables[1:]),
        ),
    )


def _roc(paper: Callable[[Axis, Axis], Frame], label: str, curve: Curve, metrics: Mapping[str, Any]) -> Panel:
    frame = paper(Axis("1 − specificity"), Axis("sensitivity"))
    alarms = [1 - s for s in curve["specificity"]]
    marks = [
        line(frame, (0, 1), (0, 1), "chance"),
        band(frame, alarms, curve["low"], curve["high"], "model"),
        line(frame, alarms, curve["sensitivity"], "model"),
        *_decision_dot(frame, metrics),
    ]
    auroc = _said(metrics["auroc"])
    alt = f"ROC curve of {question(label)}; AUROC {auroc}."
    return Panel(plot(frame, marks, alt), label, f"AUROC {auroc}")


def _precision_recall(
    paper: Callable[[Axis, Axis], Frame], label: str, curve: Curve, metrics: Mapping[str, Any]
) -> Panel:
    frame = paper(Axis("recall"), Axis("precision"))
    marks = [
        line(frame, (0, 1), (curve["prevalence"],) * 2, "chance"),
        band(frame, curve["recall"], curve["low"], curve["high"], "model"),
        line(frame, curve["recall"], curve["precision"], "model"),
    ]
    precision = metrics.get("average_precision_abnormal", metrics["average_precision"])
    alt = f"Precision-recall curve of {question(label)}; average precision {_said(precision)}."
    return Panel(plot(frame, marks, alt), label, f"AP {_said(precision)}")


def _decision_dot(frame: Frame, metrics: Mapping[str, Any]) -> list[Html]:
    sensitivity, specificity = metrics["sensitivity"]["value"], metrics["specificity"]["value"]
    if sensitivity is None or specificity is None:
        return []
    said = f"Decisions: sensitivity {number(sensitivity)}, specificity {number(specificity)}"
    return [dot(frame, 1 - specificity, sensitivity, "model", said)]


def _said(entry: Entry) -> str:
    return "–" if entry["value"] is None else metric_short(entry)


def _sensitivities(curves: Mapping[str, Curve]) -> Table:
    caption = "Sensitivity at a specificity of"
    return _numbers(curves, caption, _SPECIFICITIES, "specificity", "sensitivity")


def _precisions(curves: Mapping[str, Curve]) -> Table:
    return _numbers(curves, "Precision at a recall of", _RECALLS, "recall", "precision")


def _numbers(curves: Mapping[str, Curve], caption: str, places: tuple[float, ...], along: str, of: str) -> Table:
    rows = []
    for label, curve in curves.items():
        nearest = [int(np.argmin(np.abs(np.asarray(curve[along], dtype=float) - place))) for place in places]
        rows.append(Row((Cell(label), *(_with_band(curve, of, i) for i in nearest))))
    return Table(("", *(f"{place:g}" for place in places)), tuple(rows), caption, is_folded=True)


def _with_band(curve: Curve, of: str, i: int) -> Cell:
    value, low, high = (curve[key][i] for key in (of, "low", "high"))
    if value is None or low is None or high is None:
        return number_cell(value)
    return Cell(number(value), interval(low, high))
