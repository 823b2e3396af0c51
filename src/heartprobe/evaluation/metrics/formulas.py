"""Every metric of one label, or of several pooled, for many weightings of the patients at once.

Truth, probability and decision are about the label's value 1, as `predictions.csv` holds them.
*Sensitivity, specificity, PPV, NPV and the confusion counts are about the finding*: for `N`, 1 is a
normal heart and the finding is 0, so that sensitivity is always the share of the sick who are
found. `f1` and `average_precision` are of the value 1, as scikit-learn computes them from the
columns. What a sample cannot tell is NaN here and null with a reason in a report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.ranking import Columns, auroc_and_average_precision, ratio

#: What a report calls each metric, in the order in which it shows them.
METRIC_NAMES: Final = {
    "auroc": "AUROC",
    "average_precision": "Average precision",
    "average_precision_abnormal": "Average precision (abnormal)",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "PPV",
    "npv": "NPV",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "f1": "F1",
    "f1_abnormal": "F1 (abnormal)",
    "mcc": "MCC",
    "brier": "Brier score",
}

#: Metrics that are shares of counted units, for which exact intervals exist.
PROPORTIONS: Final = ("sensitivity", "specificity", "ppv", "npv", "accuracy")


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What was true, predicted and decided about units whose truth is known.

    Attributes:
        truth: 1 or 0, shape `(units,)`.
        probability: Of the value 1, shape `(units,)`.
        decision: 1 or 0, shape `(units,)`.
        finding: The value that means disease, shape `(units,)`.
        owner: Row of each unit's patient among the weights, shape `(units,)`.
    """

    truth: NDArray[np.int8]
    probability: NDArray[np.float64]
    decision: NDArray[np.int8]
    finding: NDArray[np.int8]
    owner: NDArray[np.intp]

    @classmethod
    def pooled(cls, parts: list[Outcomes]) -> Outcomes:
        """Return the pairs of units and labels of several labels as one."""
        return cls(
            np.concatenate([part.truth for part in parts]),
            np.concatenate([part.probability for part in parts]),
            np.concatenate([part.decision for part in parts]),
            np.concatenate([part.finding for part in parts]),
            np.concatenate([part.owner for part in parts]),
        )

    def counts(self, weights: Columns, *, of: Literal["finding", "value 1"]) -> Counts:
        """Return the confusion counts for every weighting of the patients."""
        positive = self.finding if of == "finding" else np.ones_like(self.finding)
        is_true, is_called = self.truth == positive, self.decision == positive
        cells = [~is_true & ~is_called, ~is_true & is_called, is_true & ~is_called, is_true & is_called]
        return Counts(*(np.bincount(self.owner, weights=cell, minlength=len(weights)) @ weights for cell in cells))


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """True negatives, false positives, false negatives and true positives, each of shape `(weightings,)`."""

    tn: Columns
    fp: Columns
    fn: Columns
    tp: Columns

    @property
    def total(self) -> Columns:
        """All units."""
        return self.tn + self.fp + self.fn + self.tp

    def shares(self) -> dict[str, tuple[Columns, Columns]]:
        """Return the numerator and the denominator of each of `PROPORTIONS`."""
        return {
            "sensitivity": (self.tp, self.tp + self.fn),
            "specificity": (self.tn, self.tn + self.fp),
            "ppv": (self.tp, self.tp + self.fp),
            "npv": (self.tn, self.tn + self.fn),
            "accuracy": (self.tp + self.tn, self.total),
        }

    def f1(self) -> Columns:
        """Return the harmonic mean of precision and recall."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    def mcc(self) -> Columns:
        """Return Matthews' correlation (Biochim Biophys Acta 1975; 405:442)."""
        margins = (self.tp + self.fp) * (self.tp + self.fn) * (self.tn + self.fp) * (self.tn + self.fn)
        return ratio(self.tp * self.tn - self.fp * self.fn, np.sqrt(margins))


def metrics_of(outcomes: Outcomes, weights: Columns) -> dict[str, Columns]:
    """Return every metric for every weighting, NaN where it is undefined.

    Args:
        outcomes: Of one label, or of several pooled.
        weights: How often each patient counts, shape `(patients, weightings)`.

    Returns:
        Arrays of shape `(weightings,)`, named as in `METRIC_NAMES`. The two metrics of the
        abnormal are there where all units share the finding 0.
    """
    counts = outcomes.counts(weights, of="finding")
    of_value = outcomes.counts(weights, of="value 1")
    found = {name: ratio(*share) for name, share in counts.shares().items()}
    found["balanced_accuracy"] = (found["sensitivity"] + found["specificity"]) / 2
    found["mcc"] = counts.mcc()
    found["f1"] = of_value.f1()
    found["auroc"], found["average_precision"] = auroc_and_average_precision(
        outcomes.truth, outcomes.probability, weights, outcomes.owner
    )
    if len(outcomes.finding) and not outcomes.finding.any():
        found["f1_abnormal"] = counts.f1()
        _, found["average_precision_abnormal"] = auroc_and_average_precision(
            1 - outcomes.truth, -outcomes.probability, weights, outcomes.owner
        )
    # Mean squared error of the probability (Brier, Mon Weather Rev 1950; 78:1).
    errors = np.bincount(outcomes.owner, (outcomes.probability - outcomes.truth) ** 2, minlength=len(weights))
    found["brier"] = ratio(errors @ weights, counts.total)
    return {name: found[name] for name in METRIC_NAMES if name in found}
