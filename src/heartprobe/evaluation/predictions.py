"""`predictions.csv`: every probability and decision about a test patient, from which a report is computed.

One row per repeat, level, patient or recording, and label:

    repeat, fold      which split the prediction is from, counted from 0
    level             recording | patient
    patient_id
    recording_id      empty at patient level
    label             N, AS, AR, MR, MS
    truth             1, 0, or empty where it is unknown
    probability       of the label being 1 (for N: of a normal heart)
    decision          1 where the probability reaches the threshold

Probabilities are written with as many digits as bring back the same binary number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.config.schema import PatientRule
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import DataError, SplitError
from heartprobe.evaluation.aggregate import Probabilities, patient_probabilities, recording_probabilities
from heartprobe.evaluation.atomic_text import write_text
from heartprobe.evaluation.prediction_checks import COLUMNS, check_columns, check_once, check_values


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


def prediction_rows(
    split: Tested,
    recordings: RecordingSet,
    labels: Sequence[str],
    window_probabilities: Probabilities,
    recording_ids: Sequence[str],
    *,
    rule: PatientRule = "mean",
    threshold: float = 0.5,
) -> pd.DataFrame:
    """Return the rows of one split, of its recordings and of its patients.

    Args:
        split: The split whose test patients were predicted.
        recordings: The data set, which knows the truth.
        labels: The labels of the columns.
        window_probabilities: P(label = 1), shape `(windows, labels)`, of test patients alone.
        recording_ids: The recording of each window.
        rule: How the recordings' probabilities become the patient's.
        threshold: The probability from which a label is declared present.

    Raises:
        SplitError: If the windows are not of exactly the patients whom this split tests.
    """
    owner = {recording.recording_id: recording.patient_id for recording in recordings.recordings}
    ids, of_recordings = recording_probabilities(window_probabilities, recording_ids)
    patients = [owner[recording] for recording in ids]
    patient_ids, of_patients = patient_probabilities(of_recordings, patients, labels, rule)
    return pd.concat(
        [
            _rows(split, recordings, labels, of_recordings, patients, ids, threshold),
            patient_rows(split, recordings, labels, of_patients, patient_ids, threshold=threshold),
        ],
        ignore_index=True,
    )


def patient_rows(
    split: Tested,
    recordings: RecordingSet,
    labels: Sequence[str],
    probabilities: Probabilities,
    patient_ids: Sequence[str],
    *,
    threshold: float = 0.5,
) -> pd.DataFrame:
    """Return the rows of one split for a model that answers per patient, such as demographics alone.

    Args:
        split: The split whose test patients were predicted.
        recordings: The data set, which knows the truth.
        labels: The labels of the columns.
        probabilities: P(label = 1), shape `(patients, labels)`.
        patient_ids: The patient of each row.
        threshold: The probability from which a label is declared present.

    Raises:
        SplitError: If the patients are not exactly those whom this split tests.
    """
    return _rows(split, recordings, labels, probabilities, patient_ids, None, threshold)


def write_predictions(predictions: pd.DataFrame, path: Path) -> None:
    """Write the table so that it is there whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    # A csv writer writes the shortest digits that bring a float back (its repr).
    by_column = predictions.assign(truth=["" if np.isnan(truth) else int(truth) for truth in predictions["truth"]])
    writer.writerows(zip(*(by_column[column].tolist() for column in COLUMNS), strict=True))
    write_text(path, text.getvalue())


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a table that `write_predictions`, or somebody else, has written.

    Returns:
        Columns as above; `truth` is 1.0, 0.0 or NaN, `recording_id` is empty at patient level.

    Raises:
        DataError: If there is no such file or its columns are others.
        TableError: If a value cannot be right; the message names row, column and value.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise DataError(
            f"There are no predictions at {path}; `heartprobe train` leaves them in its run folder."
        ) from None
    except (OSError, ValueError) as error:  # pandas' parser and decoding errors are ValueErrors
        raise DataError(f"The predictions at {path} cannot be read as a CSV table: {error}.") from None
    check_columns(path, table)
    check_values(path, table)
    check_once(path, table)
    return table[list(COLUMNS)].assign(
        repeat=table["repeat"].astype(np.int64),
        fold=table["fold"].astype(np.int64),
        truth=table["truth"].replace("", "nan").astype(np.float64),
        probability=[float(value) for value in table["probability"]],
        decision=table["decision"].astype(np.int64),
    )


def _rows(
    split: Tested,
    recordings: RecordingSet,
    labels: Sequence[str],
    probabilities: Probabilities,
    patient_ids: Sequence[str],
    recording_ids: Sequence[str] | None,
    threshold: float,
) -> pd.DataFrame:
    _require_test_patients(split, patient_ids)
    if probabilities.shape != (len(patient_ids), len(labels)):
        raise ValueError(f"probabilities have shape {probabilities.shape}, not ({len(patient_ids)}, {len(labels)})")
    flat: NDArray[np.float64] = np.asarray(probabilities, dtype=np.float64).ravel()
    if not (np.isfinite(flat).all() and flat.min(initial=0) >= 0 and flat.max(initial=1) <= 1):
        raise ValueError("a probability is not a number between 0 and 1")
    return pd.DataFrame(
        {
            "repeat": split.repeat,
            "fold": split.fold,
            "level": "patient" if recording_ids is None else "recording",
            "patient_id": np.repeat(np.asarray(patient_ids, dtype=object), len(labels)),
            "recording_id": np.repeat(np.asarray(recording_ids or [""] * len(patient_ids), dtype=object), len(labels)),
            "label": np.tile(np.asarray(labels, dtype=object), len(patient_ids)),
            "truth": recordings.targets(patient_ids, labels).astype(np.float64).ravel(),
            "probability": flat,
            "decision": (flat >= threshold).astype(np.int64),
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
