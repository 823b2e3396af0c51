"""Every metric of both levels, and the classification reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heartprobe.evaluation.metrics.formulas import METRIC_NAMES
from heartprobe.evaluation.report.cells import metric_cell, metric_notes, number_cell
from heartprobe.evaluation.report.content import Cell, Paragraph, Row, Section, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.report.sections.pooled import RANKED, pooled_caution
from heartprobe.evaluation.wording import Entry, Report, count, counted


def metrics_section(report: Report) -> Section:
    """Return all metrics, per patient and per recording."""
    levels = report["levels"]
    tables = [table(level, values) for table in (_metrics, _classification) for level, values in levels.items()]
    of_recordings = Paragraph(
        "Recordings of one patient are alike: recording-level intervals draw patients with all their recordings, and "
        "none is exact. Decisions are made about patients, so the patient level is the one to quote.",
        "note",
    )
    notes = [of_recordings] if "recording" in levels else []
    return Section(titles.METRICS, (*pooled_caution(report, RANKED), *tables, *notes))


def _metrics(level: str, values: Mapping[str, Any]) -> Table:
    columns: dict[str, Mapping[str, Entry]] = dict(values["labels"])
    if len(values["labels"]) > 1:
        columns |= {"macro": values["macro"], "micro": values["micro"]}
    shown = [name for name in METRIC_NAMES if any(name in metrics for metrics in columns.values())]
    rows = tuple(
        Row((Cell(METRIC_NAMES[name]), *(metric_cell(metrics.get(name)) for metrics in columns.values())))
        for name in shown
    )
    missing = metric_notes(columns.items(), shown)
    return Table(("", *columns), rows, _population(level, values), missing=missing, is_folded=True)


def _classification(level: str, values: Mapping[str, Any]) -> Table:
    rows = tuple(
        Row(
            (
                Cell(row["class"]),
                *(number_cell(row[key]) for key in ("precision", "recall", "f1")),
                Cell(count(row["support"])),
            )
        )
        for row in values["classification_report"]
    )
    header = ("Class", "Precision", "Recall", "F1", "Support")
    return Table(header, rows, f"Classification report, per {level}", is_folded=True)


def _population(level: str, values: Mapping[str, Any]) -> str:
    if level == "patient":
        return f"Per patient: {counted(values['patients'], 'patient')}"
    return f"Per recording: {counted(values['units'], 'recording')} of {counted(values['patients'], 'patient')}"
