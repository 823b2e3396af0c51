"""The rows of `predictions.csv` from answers about the test patients of one split, and from them alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import SplitError
from heartprobe.evaluation.predictions.answers import Answers
from heartprobe.evaluation.predictions.checks import COLUMNS


class Tested(Protocol):
    """What a prediction belongs to: a `Split`, or an evaluation in which everybody is tested."""

    @property
    def repeat(self) -> int:
        """Number of the repetition."""
        ...

    @property
    def fold(self) -> int:
        """Number of the test fold."""
        ...

    @property
    def test(self) -> tuple[str, ...]:
        """The patients who are tested."""
        ...


def recording_rows(
    split: Tested, recordings: RecordingSet, labels: Sequence[str], answers: Answers, recording_ids: Sequence[str]
) -> pd.DataFrame:
    """Return the rows of one split about single recordings.

    Args:
        split: The split whose test patients were predicted.
        recordings: The data set, which knows patients and truth.
        labels: The labels of the columns.
        answers: About the recordings, shape `(recordings, labels)`.
        recording_ids: The recording of each row.

    Raises:
        SplitError: If the recordings are not of exactly the patients whom this split tests.
    """
    owner = {recording.recording_id: recording.patient_id for recording in recordings.recordings}
    patient_ids = [owner[recording_id] for recording_id in recording_ids]
    return _rows(split, recordings, labels, answers, patient_ids, recording_ids)


def patient_rows(
    split: Tested,
    recordings: RecordingSet,
    labels: Sequence[str],
    answers: Answers,
    patient_ids: Sequence[str],
) -> pd.DataFrame:
    """Return the rows of one split about patients.

    Args:
        split: The split whose test patients were predicted.
        recordings: The data set, which knows the truth.
        labels: The labels of the columns.
        answers: About the patients, shape `(patients, labels)`.
        patient_ids: The patient of each row.

    Raises:
        SplitError: If the patients are not exactly those whom this split tests.
    """
    return _rows(split, recordings, labels, answers, patient_ids, None)


def _rows(
    split: Tested,
    recordings: RecordingSet,
    labels: Sequence[str],
    answers: Answers,
    patient_ids: Sequence[str],
    recording_ids: Sequence[str] | None,
) -> pd.DataFrame:
    _require_test_patients(split, patient_ids)
    shape = answers.probability.shape
    if shape != (len(patient_ids), len(labels)):
        raise ValueError(f"the answers have shape {shape}, not ({len(patient_ids)}, {len(labels)})")
    return pd.DataFrame(
        {
            "repeat": split.repeat,
            "fold": split.fold,
            "level": "patient" if recording_ids is None else "recording",
            "patient_id": np.repeat(np.asarray(patient_ids, dtype=object), len(labels)),
            "recording_id": np.repeat(np.asarray(recording_ids or [""] * len(patient_ids), dtype=object), len(labels)),
            "label": np.tile(np.asarray(labels, dtype=object), len(patient_ids)),
            "truth": recordings.targets(patient_ids, labels).astype(np.float64).ravel(),
            "probability": answers.probability.ravel(),
            "decision": answers.decisions(labels).ravel(),
            "uncalibrated": answers.uncalibrated.ravel(),
            "threshold": answers.threshold.ravel(),
            "uncertain": answers.is_uncertain.astype(np.int64).ravel(),
        },
        columns=list(COLUMNS),
    )


def _require_test_patients(split: Tested, patient_ids: Sequence[str]) -> None:
    strangers = sorted(set(patient_ids) - set(split.test))
    if strangers:
        raise SplitError(
            f"Split {split.repeat}/{split.fold} does not test {', '.join(strangers[:5])}: "
            "predictions of patients whom a model was developed on say nothing about others."
        )
    forgotten = sorted(set(split.test) - set(patient_ids))
    if forgotten:
        raise SplitError(
            f"Split {split.repeat}/{split.fold} tests {', '.join(forgotten[:5])}, but there are no predictions for "
            "them: a result must count every test patient. Make the split from the patients that can be predicted."
        )
