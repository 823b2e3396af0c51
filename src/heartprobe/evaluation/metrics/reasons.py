"""Why a metric is undefined, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from heartprobe.evaluation.metrics.formulas import Counts, Outcomes
from heartprobe.labels import finding_value


@dataclass(frozen=True, slots=True)
class Words:
    """How the two sides of a label are called."""

    ill: str
    well: str


def why_undefined(metric: str, label: str | None, outcomes: Outcomes, counts: Counts, units: str) -> str:
    """Return what a sample lacks that a metric needs.

    Args:
        metric: A name of `METRIC_NAMES` that is undefined for these outcomes.
        label: The label, or `None` for several pooled.
        outcomes: What was true and decided.
        counts: The confusion counts of the finding, shape `(1,)` or more; the first are looked at.
        units: `patients` or `recordings`.
    """
    if not len(outcomes.truth):
        return f"the truth is unknown for all {units}"
    words = words_of(label)
    tn, fp, fn, tp = (float(cell[0]) for cell in (counts.tn, counts.fp, counts.fn, counts.tp))
    lacking = {
        "ill": (tp + fn == 0, f"none of the {units} is {words.ill}"),
        "well": (tn + fp == 0, f"none of the {units} is {words.well}"),
        "called ill": (tp + fp == 0, f"none of the {units} was declared {words.ill}"),
        "called well": (tn + fn == 0, f"none of the {units} was declared {words.well}"),
    }
    needs = _NEEDS_OF_NORMAL if label is not None and finding_value(label) == 0 else _NEEDS
    missing = [text for need in {**_NEEDS, **needs}[metric] for is_missing, text in [lacking[need]] if is_missing]
    return " and ".join(missing)


#: What the denominator of a metric needs; without it the metric is undefined.
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "sensitivity": ("ill",),
    "specificity": ("well",),
    "ppv": ("called ill",),
    "npv": ("called well",),
    "accuracy": (),
    "brier": (),
    "balanced_accuracy": ("ill", "well"),
    "auroc": ("ill", "well"),
    "mcc": ("ill", "well", "called ill", "called well"),
    "f1": ("ill", "called ill"),
    "f1_abnormal": ("ill", "called ill"),
    "average_precision": ("ill",),
    "average_precision_abnormal": ("ill",),
}

#: For a label whose value 1 is the absence of a finding, metrics of the value 1 need the healthy.
_NEEDS_OF_NORMAL: Final[Mapping[str, tuple[str, ...]]] = {
    "f1": ("well", "called well"),
    "average_precision": ("well",),
}


def words_of(label: str | None) -> Words:
    """Return how a report calls those with the finding of a label and those without; `None` for several labels."""
    if label is None:
        return Words("positive", "negative")
    if finding_value(label) == 0:
        return Words("abnormal", "normal")
    return Words(f"positive for {label}", f"negative for {label}")
