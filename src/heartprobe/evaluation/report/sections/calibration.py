"""How far the probabilities can be taken at their word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from heartprobe.evaluation.report.cells import interval, metric_cell, missing_notes, number_cell
from heartprobe.evaluation.report.content import Cell, Panel, Paragraph, Picture, Row, Section, Table
from heartprobe.evaluation.report.drawing.plot import dot, line, plot, whisker
from heartprobe.evaluation.report.drawing.scale import Axis, Frame, large, small
from heartprobe.evaluation.report.markup import Html
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.report.sections.pooled import CALIBRATED, pooled_caution
from heartprobe.evaluation.wording import Entry, Report, count, number, question

_HOW: Final = {
    "none": "The probabilities are those of the head; none were calibrated.",
    "platt": "The probabilities were calibrated with a slope and an offset of the log odds, fitted on validation "
    "patients (Platt 1999).",
    "temperature": "The probabilities were calibrated with a slope of the log odds, fitted on validation patients "
    "(Guo and others 2017).",
}
_ECE_BIAS: Final = (
    "The expected calibration error (ECE) is above 0 by chance even where every probability is right, the more so the "
    "fewer patients a bin has. So it stands beside the mean that perfectly calibrated probabilities would have with "
    "the same patients, and the value that 95 % of such do not exceed: an ECE below that one is no sign of "
    "miscalibration."
)
_SLOPE: Final = (
    "A slope below 1 means that the probabilities are too extreme, below 0 that they point the wrong way, above 1 that "
    "they are too cautious; an intercept above 0 that the finding is commoner than they say. Brier score: smaller is "
    "better; whoever always says the share of patients with the finding has that of the last column."
)
_PICTURE: Final = (
    "Reliability: of patients who were given such a probability of the finding, the share who have it, with exact 95 % "
    "intervals. Filled: as reported. Hollow, dashed: before calibration. On the dotted line probabilities are right."
)


def calibration_section(report: Report) -> Section | None:
    """Return the measures of calibration and the reliability of each label."""
    calibration = report.get("calibration")
    if not calibration:
        return None
    labels = calibration["labels"]
    method = Paragraph(_HOW.get(calibration["method"], f"Calibrated by {calibration['method']}."))
    drawn = {label: found for label, found in labels.items() if found.get("reliability")}
    picture = [_picture(drawn)] if drawn else []
    caution = pooled_caution(report, CALIBRATED)
    return Section(titles.CALIBRATION, (method, *caution, *picture, _table(labels)))


def _picture(labels: Mapping[str, Any]) -> Picture:
    paper = large if len(labels) == 1 else small
    panels = tuple(_panel(paper, label, found) for label, found in labels.items())
    return Picture(panels, _PICTURE, "Reliability", (_bins(labels),), is_large=paper is large)


def _panel(paper: Callable[[Axis, Axis], Frame], label: str, found: Mapping[str, Any]) -> Panel:
    frame = paper(Axis("said probability"), Axis("share who have it"))
    before = (found.get("uncalibrated") or {}).get("reliability") or []
    marks = [line(frame, (0, 1), (0, 1), "chance")]
    marks += [line(frame, _column(before, "mean_probability"), _column(before, "observed"), "other")]
    marks += [_bin_dot(frame, point, "other") for point in before]
    marks += [whisker(frame, p["mean_probability"], p["low"], p["high"], "model") for p in found["reliability"]]
    marks += [_bin_dot(frame, point, "model") for point in found["reliability"]]
    ece = found["ece"]["value"]
    detail = "" if ece is None else f"ECE {number(ece)}"
    return Panel(plot(frame, marks, f"Reliability of {question(label)}. {detail}"), label, detail)


def _bin_dot(frame: Frame, point: Mapping[str, float], kind: str) -> Html:
    said = (
        f"{count(point['n'])} patients: said {number(point['mean_probability'])}, observed {number(point['observed'])}"
    )
    return dot(frame, point["mean_probability"], point["observed"], kind, said)


def _column(points: list[Mapping[str, float]], name: str) -> list[float]:
    return [point[name] for point in points]


def _bins(labels: Mapping[str, Any]) -> Table:
    rows = [
        Row(
            (
                Cell(label),
                Cell(count(point["n"])),
                number_cell(point["mean_probability"]),
                Cell(number(point["observed"]), interval(point["low"], point["high"])),
            )
        )
        for label, found in labels.items()
        for point in found["reliability"]
    ]
    header = ("", "Patients", "Mean probability", "Have the finding")
    return Table(header, tuple(rows), "Reliability in bins", is_folded=True)


def _table(labels: Mapping[str, Any]) -> Table:
    rows: list[Row] = []
    entries: list[tuple[str, str, Entry]] = []
    for label, found in labels.items():
        rows.append(Row((Cell(label), *_cells(found), number_cell(found.get("brier_of_prevalence")))))
        entries += _entries(label, found)
        if before := found.get("uncalibrated"):
            rows.append(Row((Cell("before calibration"), *_cells(before), Cell("")), is_muted=True))
            entries += _entries(f"{label} before calibration", before)
    header = ("", "Brier", "ECE", "ECE if calibrated: mean, 95 %", "Slope", "Intercept", "Brier of the share")
    return Table(header, tuple(rows), "Calibration per patient", (_ECE_BIAS, _SLOPE), missing_notes(entries))


def _cells(found: Mapping[str, Any]) -> tuple[Cell, ...]:
    ece = found["ece"]
    return (
        metric_cell(found["brier"]),
        number_cell(ece["value"]),
        _expected(ece),
        metric_cell(found.get("slope")),
        metric_cell(found.get("intercept")),
    )


def _expected(ece: Mapping[str, Any]) -> Cell:
    mean, upper = ece.get("expected_if_calibrated"), ece.get("upper_if_calibrated")
    if mean is None:
        return Cell("–")
    return Cell(number(mean), "" if upper is None else f"(up to {number(upper)})")


def _entries(label: str, found: Mapping[str, Any]) -> list[tuple[str, str, Entry]]:
    names = {"brier": "Brier score", "ece": "ECE", "slope": "slope", "intercept": "intercept"}
    return [(label, name, found[key]) for key, name in names.items() if key in found]
