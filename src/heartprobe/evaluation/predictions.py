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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.config.schema import PatientRule
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import DataError, SplitError, TableError, did_you_mean
from heartprobe.evaluation.aggregate import Probabilities, patient_probabilities, recording_probabilities
from heartprobe.evaluation.atomic_text import write_text

Level = Literal["recording", "patient"]

LEVELS: Final[tuple[Level, ...]] = ("patient", "recording")

COLUMNS: Final = (
    "repeat",
    "fold",
    "level",
    "patient_id",
    "recording_id",
    "label",
    "truth",
    "probability",
    "decision",
)

_KEY: Final = ["repeat", "level", "patient_id", "recording_id", "label"]


def prediction_rows(
    split: Split,
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
        SplitError: If a window belongs to a patient whom this split does not test.
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
    split: Split,
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
        SplitError: If a patient is not tested in this split.
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
    table = _read_strings(path)
    for column, (is_right, expected) in _CHECKS.items():
        _refuse(path, table, column, ~table[column].map(is_right).astype(bool), expected)
    is_patient = table["level"] == "patient"
    _refuse(path, table, "recording_id", is_patient != (table["recording_id"] == ""), "empty at patient level alone")
    read = table.assign(
        repeat=table["repeat"].astype(np.int64),
        fold=table["fold"].astype(np.int64),
        truth=table["truth"].replace("", "nan").astype(np.float64),
        probability=[float(value) for value in table["probability"]],
        decision=table["decision"].astype(np.int64),
    )
    _refuse(path, table, "label", read.duplicated(_KEY), "once per repeat, level, patient and recording")
    return read


def _rows(
    split: Split,
    recordings: RecordingSet,
    labels: Sequence[str],
    probabilities: Probabilities,
    patient_ids: Sequence[str],
    recording_ids: Sequence[str] | None,
    threshold: float,
) -> pd.DataFrame:
    _refuse_untested(split, patient_ids)
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


def _refuse_untested(split: Split, patient_ids: Sequence[str]) -> None:
    strangers = sorted(set(patient_ids) - set(split.test))
    if strangers:
        raise SplitError(
            f"Split {split.repeat}/{split.fold} does not test {', '.join(strangers[:5])}: "
            "predictions of patients whom a model was developed on say nothing about others."
        )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _is_probability(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


_CHECKS: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "repeat": (_is_count, "a number from 0"),
    "fold": (_is_count, "a number from 0"),
    "level": (lambda text: text in LEVELS, "recording or patient"),
    "patient_id": (bool, "the id of a patient"),
    "label": (bool, "the name of a label"),
    "truth": (lambda text: text in ("0", "1", ""), "1, 0, or empty where it is unknown"),
    "probability": (_is_probability, "a number from 0 to 1"),
    "decision": (lambda text: text in ("0", "1"), "1 or 0"),
}


def _read_strings(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise DataError(
            f"There are no predictions at {path}; `heartprobe train` leaves them in its run folder."
        ) from None
    except (OSError, ValueError) as error:  # pandas' parser and decoding errors are ValueErrors
        raise DataError(f"The predictions at {path} cannot be read as a CSV table: {error}.") from None
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise DataError(
            f"{path} has no column {missing[0]!r}.{did_you_mean(missing[0], set(table.columns) - set(COLUMNS))} "
            f"Expected: {', '.join(COLUMNS)}."
        )
    if table.empty:
        raise DataError(f"{path} holds no predictions, only the header.")
    return table[list(COLUMNS)]


def _refuse(path: Path, table: pd.DataFrame, column: str, is_wrong: pd.Series[bool], expected: str) -> None:
    """Raise an error about the first row that is wrong; rows are counted as an editor does."""
    if is_wrong.any():
        row = int(np.flatnonzero(is_wrong.to_numpy())[0])
        raise TableError(
            f"{path}, row {row + 2}, column {column!r}: {table[column].iloc[row]!r} was found, "
            f"expected is {expected}. Correct the row, or write the predictions again."
        )
