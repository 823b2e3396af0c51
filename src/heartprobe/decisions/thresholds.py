"""The probability of a finding from which it is declared.

A chosen threshold lies midway between two neighbouring validation probabilities: no patient stands on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from heartprobe.decisions.stored import Probability, Reason, Stored

ThresholdRule = Literal["fixed", "youden", "sensitivity"]


class Threshold(Stored):
    """A threshold of P(finding).

    Attributes:
        value: The finding is declared from here on.
        reason: Why it could not be chosen on validation.
    """

    value: Probability
    reason: Reason = None

    def declares(self, findings: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where the finding is declared; never where the probability is NaN."""
        return np.asarray(findings >= self.value)


def choose_threshold(
    rule: ThresholdRule, findings: NDArray[np.float64], truth: NDArray[np.float64], *, fixed: float, sensitivity: float
) -> Threshold:
    """Return the threshold of a rule on validation cases of both classes.

    Args:
        rule: `fixed`, `youden` or `sensitivity`.
        findings: P(finding), `(n,)`.
        truth: 1 or 0, `(n,)`.
        fixed: The threshold of `fixed`.
        sensitivity: What `sensitivity` has to reach.
    """
    if rule == "fixed":
        return Threshold(value=fixed)
    if rule == "sensitivity":
        return Threshold(value=reaching(findings, truth, sensitivity))
    value = youden(findings, truth)
    if value is None:
        return Threshold(value=0.5, reason="no threshold tells the validation cases apart better than chance")
    return Threshold(value=value)


def youden(findings: NDArray[np.float64], truth: NDArray[np.float64]) -> float | None:
    """Return the threshold with the highest sensitivity + specificity (Youden 1950, Cancer 3:32-35).

    Of several that are as good, the lowest: it misses the fewest findings.

    Args:
        findings: P(finding), `(n,)`.
        truth: 1 or 0, `(n,)`, with both values.

    Returns:
        The threshold, or `None` where none is better than declaring everybody or nobody.
    """
    steps = _Steps.of(findings, truth)
    # Sensitivity + specificity - 1 times both denominators: in whole numbers, equal is equal.
    gain = steps.hits * steps.false_alarms[0] - steps.false_alarms * steps.hits[0]
    best = int(np.argmax(gain))
    return steps.threshold(best) if gain[best] > 0 else None


def reaching(findings: NDArray[np.float64], truth: NDArray[np.float64], sensitivity: float) -> float:
    """Return the highest threshold whose sensitivity is at least what is asked for.

    Args:
        findings: P(finding), `(n,)`.
        truth: 1 or 0, `(n,)`, with both values.
        sensitivity: Between 0 and 1.
    """
    steps = _Steps.of(findings, truth)
    return steps.threshold(int(np.flatnonzero(steps.hits / steps.hits[0] >= sensitivity)[-1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """What is declared from each distinct probability on.

    Attributes:
        values: Distinct probabilities, rising; the first declares everybody.
        hits: Declared cases with the finding.
        false_alarms: Declared cases without it.
    """

    values: NDArray[np.float64]
    hits: NDArray[np.int64]
    false_alarms: NDArray[np.int64]

    @classmethod
    def of(cls, findings: NDArray[np.float64], truth: NDArray[np.float64]) -> Self:
        values, step = np.unique(findings, return_inverse=True)

        def declared_from(is_counted: NDArray[np.bool_]) -> NDArray[np.int64]:
            return np.bincount(step[is_counted], minlength=len(values))[::-1].cumsum()[::-1].astype(np.int64)

        return cls(values, declared_from(truth == 1), declared_from(truth == 0))

    def threshold(self, step: int) -> float:
        """Return what lies midway between a step and the one below it (0 below the first)."""
        above = float(self.values[step])
        below = float(self.values[step - 1]) if step else 0.0
        middle = (below + above) / 2
        # Between two neighbouring floats there is no middle.
        return middle if below < middle else above
