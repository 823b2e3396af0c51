"""What was said of one finding about every patient, turned so that it is always about the finding.

`predictions.csv` holds P(label = 1) and the decision about it. Decisions and calibration are about
P(finding), which for `N` is P(abnormal) = 1 - P(normal). Patients whose truth is unknown are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.measured import declared_order
from heartprobe.evaluation.metrics.ranking import Columns
from heartprobe.evaluation.metrics.reasons import words_of
from heartprobe.labels import finding_value

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class FindingAnswers:
    """One finding in one repeat, of the patients whose truth is known. Every array has the shape `(patients,)`.

    Attributes:
        is_ill: Whether the patient has the finding.
        probability: P(finding), calibrated.
        uncalibrated: P(finding) before calibration.
        rank: What orders the patients by P(finding); 1 - P(normal) would tie what is less than its rounding apart.
        threshold: P(finding) from which the finding was declared; NaN where the table does not tell.
        is_declared: Whether it was declared, or would have been.
        is_withheld: Whether the answer was withheld as uncertain.
        fold: The test fold.
        owner: The row of the patient among the weights.
    """

    is_ill: Flags
    probability: NDArray[np.float64]
    uncalibrated: NDArray[np.float64]
    rank: NDArray[np.float64]
    threshold: NDArray[np.float64]
    is_declared: Flags
    is_withheld: Flags
    fold: NDArray[np.int64]
    owner: NDArray[np.intp]

    @classmethod
    def of(cls, rows: pd.DataFrame, owner: NDArray[np.intp], label: str) -> FindingAnswers:
        """Turn the rows of one label in one repeat, all of known truth."""
        finding = finding_value(label)
        probability, uncalibrated = (rows[name].to_numpy(np.float64) for name in ("probability", "uncalibrated"))
        return cls(
            is_ill=rows["truth"].to_numpy() == finding,
            probability=probability if finding else 1 - probability,
            uncalibrated=uncalibrated if finding else 1 - uncalibrated,
            rank=probability if finding else -probability,
            threshold=rows["threshold"].to_numpy(np.float64),
            is_declared=rows["decision"].to_numpy() == finding,
            is_withheld=rows["uncertain"].to_numpy() == 1,
            fold=rows["fold"].to_numpy(np.int64),
            owner=owner,
        )

    def __len__(self) -> int:
        return len(self.is_ill)


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedAnswers:
    """One finding in every repeat.

    Attributes:
        label: Whose finding it is.
        repeats: The answers of each repeat.
        resamples: Of all patients of the table.
    """

    label: str
    repeats: tuple[FindingAnswers, ...]
    resamples: Resamples

    @property
    def n(self) -> float:
        """How many patients are counted; the mean over repeats."""
        return float(np.mean([len(answers) for answers in self.repeats]))

    def mean(self, compute: Callable[[FindingAnswers, Columns], Columns]) -> Columns:
        """Return the mean over repeats of what is computed from answers and their weights, `(patients, columns)`.

        It is NaN where it is undefined in any repeat.
        """
        computed = [compute(answers, self.resamples.weights[answers.owner]) for answers in self.repeats]
        return np.asarray(np.mean(computed, axis=0))

    def reason(self, why: Callable[[FindingAnswers], str | None]) -> str | None:
        """Return why something is undefined, in the first repeat in which it is; `None` where it never is."""
        reasons = [reason for answers in self.repeats if (reason := why(answers)) is not None]
        if not reasons:
            return None
        if len(self.repeats) == 1:
            return reasons[0]
        return f"in {len(reasons)} of {len(self.repeats)} repeats {reasons[0]}"

    def lacks_class(self) -> str | None:
        """Return what is missing where there are not both, patients with the finding and patients without."""
        return self.reason(self._missing_class)

    def _missing_class(self, answers: FindingAnswers) -> str | None:
        if not len(answers):
            return "the truth is unknown for all patients"
        words = words_of(self.label)
        if not answers.is_ill.any():
            return f"none of the patients is {words.ill}"
        return f"none of the patients is {words.well}" if answers.is_ill.all() else None


def patient_answers(predictions: pd.DataFrame, *, seed: int, draws: int) -> dict[str, RepeatedAnswers]:
    """Return the answers about patients by label, in the declared order of the labels.

    Args:
        predictions: As `read_predictions` returns them.
        seed: Of the bootstrap; the draws are those of `measure`.
        draws: Of the bootstrap.
    """
    patients = sorted(predictions["patient_id"].unique())
    resamples = Resamples.of(len(patients), draws=draws, seed=seed)
    row_of = {patient: row for row, patient in enumerate(patients)}
    rows = predictions[predictions["level"] == "patient"]
    repeats = sorted(rows["repeat"].unique())
    known = rows[rows["truth"].notna()]
    owners = known["patient_id"].map(row_of).to_numpy(np.intp)

    def answers(repeat: int, label: str) -> FindingAnswers:
        is_of = ((known["repeat"] == repeat) & (known["label"] == label)).to_numpy()
        return FindingAnswers.of(known[is_of], owners[is_of], label)

    labels = sorted(rows["label"].unique(), key=declared_order)
    return {label: RepeatedAnswers(label, tuple(answers(r, label) for r in repeats), resamples) for label in labels}
