"""The table that most readers look at."""

from __future__ import annotations

from typing import Final

from heartprobe.evaluation.audit.demographics_sentences import demographics_metrics
from heartprobe.evaluation.metrics.formulas import METRIC_NAMES
from heartprobe.evaluation.report.cells import metric_cell, metric_notes
from heartprobe.evaluation.report.content import Cell, Row, Section, Table
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.site_models import has_model_per_site
from heartprobe.evaluation.wording import Report, counted, question

_RANKING: Final = ("auroc", "average_precision")
_DECISIONS: Final = ("sensitivity", "specificity", "balanced_accuracy", "f1")

_METHOD: Final = (
    "In brackets: 95 % intervals over patients, exact (Clopper-Pearson) for sensitivity, specificity, PPV, NPV and "
    "accuracy of a label per patient, by bias-corrected bootstrap (BCa) for everything else. "
    "A star marks a value whose interval the bootstrap cannot tell."
)
_POSITIVE: Final = (
    "Sensitivity is the share of patients with the finding who are found; the finding of N is an abnormal heart. "
    "F1 and average precision are of the label's value 1, for N a normal heart."
)
_BY_SITE: Final = (
    "Each site was tested by another model, so decisions alone are counted over all sites, where a site counts as much "
    f"as it has patients. How well patients are ranked stands under “{titles.SITES}”; over all sites, no AUROC is "
    "quoted here and no curve drawn."
)
_SEVERAL_SITES: Final = (
    "The patients are of several sites. Where the finding is commoner at some than at others, an AUROC over all of "
    f"them also rewards telling the sites apart; “{titles.SITES}” has each site alone."
)


def result_section(report: Report) -> Section:
    """Return the main metrics of each label, demographics alone beside them."""
    return Section(titles.RESULT, (result_table(report),))


def result_table(report: Report) -> Table:
    """Return the main metrics of each label per patient, demographics alone beside them."""
    patient, alone = report["levels"]["patient"], demographics_metrics(report)
    is_by_site = has_model_per_site(report)
    shown = _DECISIONS if is_by_site else (*_RANKING, *_DECISIONS)
    groups = [
        (question(label), label, metrics, alone["labels"].get(label) if alone else None)
        for label, metrics in patient["labels"].items()
    ]
    if len(patient["labels"]) > 1:
        groups.append(("Macro (mean over labels)", "Macro", patient["macro"], alone["macro"] if alone else None))
    rows, columns = [], []
    for name, short_name, metrics, beside in groups:
        rows.append(Row((Cell(name), *(metric_cell(metrics[key]) for key in shown))))
        columns.append((short_name, metrics))
        if beside is not None:
            cells = (Cell("demographics alone"), *(metric_cell(beside[key]) for key in shown))
            rows.append(Row(cells, is_muted=True))
            columns.append((f"{short_name} by demographics alone", beside))
    header = ("", *(METRIC_NAMES[key] for key in shown))
    sites = [_BY_SITE] if is_by_site else [_SEVERAL_SITES] if "sites" in report else []
    notes = (*sites, _METHOD, _POSITIVE, *_why_none(report))
    caption = counted(patient["patients"], "patient")
    return Table(header, tuple(rows), caption, notes, metric_notes(columns, shown))


def _why_none(report: Report) -> list[str]:
    """Say why there is no row of demographics alone, where there is none."""
    if demographics_metrics(report) is not None:
        return []
    reason = (report.get("demographics_only") or {}).get("reason", "this run did not measure it")
    return [f"What demographics alone would reach is not known: {reason}."]
