"""What is said of patients or recordings: a probability, a threshold, a decision, and whether it is withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.predictions.finding_space import flip_normal
from heartprobe.labels import finding_value


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers about patients or recordings, `(n, labels)` each.

    Attributes:
        uncalibrated: P(label = 1) before calibration.
        probability: P(label = 1).
        low: Where the 95 % interval of P(finding) begins; NaN where there is none.
        high: Where it ends.
        why_no_interval: Why there is none, in words; `None` where there is one.
        is_calibrated: Where a calibration was fitted.
        prevalence: Share of people with the finding where the probability holds; NaN where that is not known.
        threshold: P(finding) from which the finding is declared.
        is_declared: Where it is.
        is_near: Where that is withheld because the probability is too near to the threshold.
        is_contradicted: Where it is withheld because most of the patient's recordings do not share it.
    """

    uncalibrated: NDArray[np.float64]
    probability: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    why_no_interval: NDArray[np.object_]
    is_calibrated: NDArray[np.bool_]
    prevalence: NDArray[np.float64]
    threshold: NDArray[np.float64]
    is_declared: NDArray[np.bool_]
    is_near: NDArray[np.bool_]
    is_contradicted: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name in ("probability", "uncalibrated"):
            values = getattr(self, name)
            if not (np.isfinite(values).all() and values.min(initial=0) >= 0 and values.max(initial=1) <= 1):
                raise ValueError(f"{name} holds what is not a number between 0 and 1")

    @property
    def is_uncertain(self) -> NDArray[np.bool_]:
        """Where the decision is withheld, for either reason."""
        return self.is_near | self.is_contradicted

    def rows(self, numbers: NDArray[np.intp]) -> Answers:
        """Return some of the rows, in the order given."""
        return Answers(*(getattr(self, field.name)[numbers] for field in fields(self)))

    def where(self, is_kept: NDArray[np.bool_], others: Answers) -> Answers:
        """Return these answers, and those of `others` in the rows where they are not kept.

        Args:
            is_kept: `(n,)`.
            others: As many.
        """
        kept = is_kept[:, np.newaxis]
        return Answers(
            *(np.where(kept, getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        )

    def decisions(self, labels: Sequence[str]) -> NDArray[np.int64]:
        """Return the value that each label is declared to have: for `N`, 0 where an abnormal heart is declared."""
        values = np.array([finding_value(label) for label in labels], dtype=np.int64)
        return np.where(self.is_declared, values, 1 - values)


def fixed_answers(probabilities: NDArray[np.float64], labels: Sequence[str], threshold: float = 0.5) -> Answers:
    """Return answers at a fixed threshold, for a model for which nothing was chosen on validation.

    Args:
        probabilities: P(label = 1), `(n, labels)`.
        labels: The labels of the columns.
        threshold: P(finding) from which a finding is declared.
    """
    return Answers(
        uncalibrated=probabilities,
        probability=probabilities,
        low=np.full(probabilities.shape, np.nan),
        high=np.full(probabilities.shape, np.nan),
        why_no_interval=np.full(probabilities.shape, "the probabilities are not calibrated", dtype=object),
        is_calibrated=np.zeros(probabilities.shape, dtype=np.bool_),
        prevalence=np.full(probabilities.shape, np.nan),
        threshold=np.full(probabilities.shape, threshold),
        is_declared=flip_normal(probabilities, labels) >= threshold,
        is_near=np.zeros(probabilities.shape, dtype=np.bool_),
        is_contradicted=np.zeros(probabilities.shape, dtype=np.bool_),
    )
