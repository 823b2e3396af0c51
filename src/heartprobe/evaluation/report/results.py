"""The tables of results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from heartprobe.evaluation.metrics import METRIC_NAMES
from heartprobe.evaluation.report.content import Block, Cell, Paragraph, Picture, Row, Section, Table
from heartprobe.evaluation.report.opening import demographics_metrics
from heartprobe.evaluation.report.wording import Entry, Report, count, metric_cell, metric_notes, number, question

#: Metrics of the table that most readers look at.
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


def patient_section(report: Report, roc: Picture | None) -> Section:
    """Return the main table, with demographics alone beside each label, and the ROC picture."""
    blocks: list[Block] = [result_table(report)]
    if roc is not None:
        blocks.append(roc)
    return Section("Per patient", tuple(blocks))


def result_table(report: Report) -> Table:
    """Return the main metrics of each label per patient, demographics alone beside them."""
    patient, alone = report["levels"]["patient"], demographics_metrics(report)
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
    notes = (_METHOD, _POSITIVE, *metric_notes(columns, _MAIN))
    return Table(header, tuple(rows), f"{patient['patients']} patients", notes)


def all_metrics_section(report: Report) -> Section:
    """Return every metric of both levels."""
    tables = tuple(_all_metrics(level, values) for level, values in report["levels"].items())
    caution = Paragraph(
        "Recordings of one patient are alike: recording-level intervals draw patients with all their recordings, and "
        "none is exact. Decisions are made about patients, so the patient level is the one to quote.",
        "note",
    )
    return Section("All metrics", (*tables, caution) if "recording" in report["levels"] else tables)


def decisions_section(report: Report) -> Section:
    """Return the confusion counts of each label and the classification report."""
    return Section(
        "Decisions",
        tuple(
            table(level, values)
            for level, values in report["levels"].items()
            for table in (_confusion, _classification)
        ),
    )


def _all_metrics(level: str, values: Mapping[str, Any]) -> Table:
    columns: dict[str, Mapping[str, Entry]] = dict(values["labels"])
    if len(values["labels"]) > 1:
        columns |= {"macro": values["macro"], "micro": values["micro"]}
    shown = [name for name in METRIC_NAMES if any(name in metrics for metrics in columns.values())]
    rows = [
        Row((Cell(METRIC_NAMES[name]), *(metric_cell(m[name]) if name in m else Cell("") for m in columns.values())))
        for name in shown
    ]
    notes = metric_notes(columns.items(), shown)
    return Table(("", *columns), tuple(rows), _population(level, values), notes, is_folded=level != "patient")


def _confusion(level: str, values: Mapping[str, Any]) -> Table:
    rows = [
        Row((Cell(label), *(Cell(count(metrics["confusion"][cell])) for cell in ("tp", "fn", "fp", "tn"))))
        for label, metrics in values["labels"].items()
    ]
    header = ("Finding", "found (TP)", "missed (FN)", "false alarm (FP)", "rightly free (TN)")
    note = "The finding of N is an abnormal heart. With several repeats, counts are means over them."
    return Table(header, tuple(rows), f"Confusion matrices, per {level}", (note,), is_folded=level != "patient")


def _classification(level: str, values: Mapping[str, Any]) -> Table:
    rows = [
        Row(
            (
                Cell(row["class"]),
                *(Cell("–" if row[key] is None else number(row[key])) for key in ("precision", "recall", "f1")),
                Cell(count(row["support"])),
            )
        )
        for row in values["classification_report"]
    ]
    header = ("Class", "Precision", "Recall", "F1", "Support")
    caption = f"Classification report, per {level}"
    return Table(header, tuple(rows), caption, is_folded=level != "patient")


def _population(level: str, values: Mapping[str, Any]) -> str:
    if level == "patient":
        return f"Per patient: {values['patients']} patients"
    return f"Per recording: {values['units']} recordings of {values['patients']} patients"
