"""The table that most readers look at."""

from __future__ import annotations

from typing import Any, Final

from heartprobe.evaluation.metrics.formulas import METRIC_NAMES
from heartprobe.evaluation.report.cells import metric_cell, metric_notes
from heartprobe.evaluation.report.content import Cell, Row, Section, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.wording import Report, counted, question

_MAIN: Final = ("auroc", "average_precision", "sensitivity", "specificity", "balanced_accuracy", "f1")

_METHOD: Final = (
    "In brackets: 95 % intervals over patients, exact (Clopper-Pearson) for sensitivity, specificity, PPV, NPV and "
    "accuracy of a label per patient, by bias-corrected bootstrap (BCa) for everything else. "
    "A star marks a value whose interval the bootstrap cannot tell."
)
_POSITIVE: Final = (
    "Sensitivity is the share of patients with the finding who are found; the finding of N is an abnormal heart. "
    "F1 and average precision are of the label's value 1, for N a normal heart."
)


def result_section(report: Report) -> Section:
    """Return the main metrics of each label, demographics alone beside them."""
    return Section(titles.RESULT, (result_table(report),))


def result_table(report: Report) -> Table:
    """Return the main metrics of each label per patient, demographics alone beside them."""
    patient, alone = report["levels"]["patient"], _demographics_metrics(report)
    groups = [
        (question(label), label, metrics, alone["labels"].get(label) if alone else None)
        for label, metrics in patient["labels"].items()
    ]
    if len(patient["labels"]) > 1:
        groups.append(("Macro (mean over labels)", "Macro", patient["macro"], alone["macro"] if alone else None))
    rows, columns = [], []
    for name, short_name, metrics, beside in groups:
        rows.append(Row((Cell(name), *(metric_cell(metrics[key]) for key in _MAIN))))
        columns.append((short_name, metrics))
        if beside is not None:
            cells = (Cell("demographics alone"), *(metric_cell(beside[key]) for key in _MAIN))
            rows.append(Row(cells, is_muted=True))
            columns.append((f"{short_name} by demographics alone", beside))
    header = ("", *(METRIC_NAMES[key] for key in _MAIN))
    notes = (_METHOD, _POSITIVE, *_why_none(report))
    caption = counted(patient["patients"], "patient")
    return Table(header, tuple(rows), caption, notes, metric_notes(columns, _MAIN))


def _demographics_metrics(report: Report) -> dict[str, Any] | None:
    """Return the patient level of demographics alone, or `None` where it was not measured."""
    levels = (report.get("demographics_only") or {}).get("levels") or {}
    patient: dict[str, Any] | None = levels.get("patient")
    return patient


def _why_none(report: Report) -> list[str]:
    """Say why there is no row of demographics alone, where there is none."""
    if _demographics_metrics(report) is not None:
        return []
    reason = (report.get("demographics_only") or {}).get("reason", "this run did not measure it")
    return [f"What demographics alone would reach is not known: {reason}."]
