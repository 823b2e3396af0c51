"""How well a model did, as the tables of its card."""

from __future__ import annotations

from collections.abc import Sequence

from heartprobe.bundle.manifest import LabelResult, Manifest, Measured
from heartprobe.labels import finding_name

_KEPT = "The model in this folder was then trained on all patients in the same way."

_PROTOCOLS = {
    "cv": f"Cross-validation: every patient was predicted by a model that had not seen them. {_KEPT}",
    "leave-site-out": "Every patient was predicted by a model that had not seen the site where they were recorded. "
    f"{_KEPT}",
    "external": "Tested on other data sets than those that the model was developed on.",
    "splits": "Tested on the patients that a given table of splits holds out.",
}


def result_lines(manifest: Manifest) -> list[str]:
    """Return the section on results, in Markdown."""
    protocol = _PROTOCOLS.get(manifest.training.protocol, "Tested on patients held out before anything was chosen.")
    lines = ["## How well it did", f"{protocol} All figures are about patients; in brackets, 95 % intervals.", ""]
    if not manifest.results:
        return [*lines, "No figures were kept."]
    lines += _table(
        ("finding", "patients", "AUROC", "sensitivity", "specificity", "answer withheld"),
        [_ranks(result) for result in manifest.results],
    )
    lines += [
        "",
        "AUROC: how well patients are put in order, 1 at best and 0.5 by chance. Sensitivity: share of the patients "
        "with the finding who are found. Specificity: share of the others who are recognised. Both count everybody, "
        "those about whom the answer is withheld as uncertain with what would have been said.",
    ]
    calibrated = [result for result in manifest.results if result.brier is not None]
    if calibrated:
        lines += ["", *_calibration(calibrated)]
    alone = [
        (finding_name(r.label), r.demographics_auroc) for r in manifest.results if r.demographics_auroc is not None
    ]
    if alone:
        said = "; ".join(f"{finding} {_text(auroc)}" for finding, auroc in alone)
        lines += ["", f"Age, sex, smoking and residence alone, without any sound, reach an AUROC of: {said}."]
    else:
        lines += ["", "Every site was tested by a model of its own, so no figure is given for all of them together."]
    return lines


def _ranks(result: LabelResult) -> list[str]:
    at = "" if result.site is None else f" at {result.site}"
    return [
        f"{finding_name(result.label)}{at}",
        "" if result.auroc.n is None else str(result.auroc.n),
        *(_text(metric) for metric in (result.auroc, result.sensitivity, result.specificity)),
        _share(result.uncertain),
    ]


def _calibration(results: Sequence[LabelResult]) -> list[str]:
    rows = [[finding_name(r.label), _text(r.brier), _text(r.calibration_slope)] for r in results]
    return [
        *_table(("finding", "Brier score", "calibration slope"), rows),
        "",
        "Brier score: mean squared error of the probabilities, 0 at best. Calibration slope: 1 where probabilities "
        "mean what they say, less where they are too sure, more where they are too timid.",
    ]


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}", *(f"| {' | '.join(row)} |" for row in rows)]


def _share(metric: Measured | None) -> str:
    return "" if metric is None or metric.value is None else f"{100 * metric.value:.0f} %"


def _text(metric: Measured | None) -> str:
    if metric is None:
        return ""
    if metric.value is None:
        return f"undefined ({metric.reason})" if metric.reason else "undefined"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} ({metric.low:.3f}–{metric.high:.3f})"
