"""What turns the probabilities of a trained model into answers about recordings and patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from heartprobe.config.schema import PatientRule
from heartprobe.decisions.calibration import Method
from heartprobe.decisions.fusion import fuse, votes_of
from heartprobe.decisions.level import Level
from heartprobe.decisions.recorded import Recorded
from heartprobe.decisions.stored import Stored
from heartprobe.decisions.thresholds import ThresholdRule
from heartprobe.evaluation.predictions.answers import Answers
from heartprobe.evaluation.predictions.finding_space import flip_normal


class LabelDecider(Stored):
    """What was chosen for one label.

    Attributes:
        position_weights: The a of the `learned` fusion by position; empty with any other rule.
        recordings: For single recordings.
        patients: For patients, after fusion.
    """

    position_weights: Mapping[str, float] = Field(default_factory=dict)
    recordings: Level
    patients: Level


class Decider(Stored):
    """Fusion, calibration, thresholds and bands of all labels.

    Attributes:
        patient_rule: How recordings are fused.
        calibration: How probabilities were calibrated.
        threshold_rule: How thresholds were chosen.
        largest_error: Share of wrong decisions on validation above which answers are withheld.
        recordings_per_patient: Median over the validation patients.
        labels: By label, in the order of the model's outputs.
    """

    patient_rule: PatientRule
    calibration: Method
    threshold_rule: ThresholdRule
    largest_error: float = Field(gt=0, lt=1)
    recordings_per_patient: float = Field(1, ge=1)
    labels: Mapping[str, LabelDecider] = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """The labels, in the order of the model's outputs."""
        return tuple(self.labels)

    def of_labels(self, labels: Sequence[str]) -> Decider:
        """Return the decider of some of the labels, in the order given."""
        return self.model_copy(update={"labels": {label: self.labels[label] for label in labels}})

    def recordings(self, probabilities: NDArray[np.float64]) -> Answers:
        """Return the answers about single recordings.

        Args:
            probabilities: P(label = 1), `(recordings, labels)`.
        """
        findings = flip_normal(probabilities, self.names)
        levels = [label.recordings for label in self.labels.values()]
        return self._answers(findings, levels, np.full(findings.shape, np.nan))

    def patients(self, probabilities: NDArray[np.float64], recorded: Recorded) -> Answers:
        """Return the answers about patients, in the order of their first recording.

        Where validation patients had several recordings, a patient of whom there is one gets the answer
        about this recording: what several agree on is surer than what one says, and calibrated so.

        Args:
            probabilities: P(label = 1) of their recordings, `(recordings, labels)`.
            recorded: Whose they are, and where they were made.
        """
        alone = self.recordings(probabilities)
        fused = fuse(
            self.patient_rule,
            recorded,
            flip_normal(probabilities, self.names),
            flip_normal(alone.probability, self.names),
            [label.position_weights for label in self.labels.values()],
        )
        votes = votes_of(self.patient_rule, recorded, alone.is_declared)
        together = self._answers(fused, [label.patients for label in self.labels.values()], votes)
        if self.recordings_per_patient == 1:
            return together
        counts = np.bincount(recorded.owners, minlength=len(recorded.patients))
        _, first = np.unique(recorded.owners, return_index=True)
        return together.where(counts > 1, alone.rows(first))

    def _answers(self, findings: NDArray[np.float64], levels: Sequence[Level], votes: NDArray[np.float64]) -> Answers:
        by_label = [level.answers(f, v) for level, f, v in zip(levels, findings.T, votes.T, strict=True)]
        return Answers(
            uncalibrated=flip_normal(findings, self.names),
            probability=flip_normal(np.column_stack([a.findings for a in by_label]), self.names),
            low=np.column_stack([a.low for a in by_label]),
            high=np.column_stack([a.high for a in by_label]),
            why_no_interval=np.tile(
                np.array([level.calibration.why_no_interval for level in levels], dtype=object), (len(findings), 1)
            ),
            is_calibrated=np.tile([level.calibration.is_fitted for level in levels], (len(findings), 1)),
            prevalence=np.tile(
                np.array([level.calibration.prevalence for level in levels], dtype=np.float64), (len(findings), 1)
            ),
            threshold=np.tile([level.threshold.value for level in levels], (len(findings), 1)),
            is_declared=np.column_stack([a.is_declared for a in by_label]),
            is_near=np.column_stack([a.is_near for a in by_label]),
            is_contradicted=np.column_stack([a.is_contradicted for a in by_label]),
        )
