"""What every row of `predictions.csv` must keep, and the sentence for a row that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd

from heartprobe.config.schema import PatientRule
from heartprobe.errors import DataError, TableError, did_you_mean

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
    "uncalibrated",
    "threshold",
    "uncertain",
)

#: Those of a table of several fusion rules.
FUSION_COLUMNS: Final = ("rule", *COLUMNS)

#: A table may lack them, for what was predicted without a choice on validation.
_OPTIONAL: Final = ("uncalibrated", "threshold", "uncertain")


def with_optional(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table, as text, with the columns that it may lack: nothing calibrated, nothing withheld."""
    as_they_are = table.assign(uncalibrated=table["probability"], threshold="", uncertain="0")
    return as_they_are.assign(**{column: table[column] for column in _OPTIONAL if column in table.columns})


def check_columns(path: Path, table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a table that lacks a column or has no rows.

    Raises:
        DataError: With the missing column and the closest one that is there.
    """
    missing = [column for column in columns if column not in (*table.columns, *_OPTIONAL)]
    if missing:
        raise DataError(
            f"{path} has no column {missing[0]!r}.{did_you_mean(missing[0], set(table.columns) - set(columns))} "
            f"Expected: {', '.join(columns)}."
        )
    if table.empty:
        raise DataError(f"{path} holds no predictions, only the header.")


def check_values(path: Path, table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse values, as text, that cannot be right.

    Raises:
        TableError: With the first wrong row, its column and its value.
    """
    for column, (is_right, expected) in _EXPECTED.items():
        if column in columns:
            _refuse(path, table, column, ~table[column].map(is_right).astype(bool), expected)
    is_patient = table["level"] == "patient"
    _refuse(path, table, "recording_id", is_patient != (table["recording_id"] == ""), "empty at patient level alone")


def check_once(path: Path, table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a second prediction of the same within a repeat: nobody is tested in two folds.

    Raises:
        TableError: With the row of the second one.
    """
    identity = [c for c in columns if c in ("rule", "level", "patient_id", "recording_id", "label")]
    key = table[identity].assign(repeat=table["repeat"].astype(np.int64))
    _refuse(path, table, "label", key.duplicated(), "once per repeat, level, patient and recording")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _is_probability(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


_EXPECTED: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "rule": (lambda text: text in get_args(PatientRule), f"one of {', '.join(get_args(PatientRule))}"),
    "repeat": (_is_count, "a number from 0"),
    "fold": (_is_count, "a number from 0"),
    "level": (lambda text: text in LEVELS, "recording or patient"),
    "patient_id": (bool, "the id of a patient"),
    "label": (bool, "the name of a label"),
    "truth": (lambda text: text in ("0", "1", ""), "1, 0, or empty where it is unknown"),
    "probability": (_is_probability, "a number from 0 to 1"),
    "decision": (lambda text: text in ("0", "1"), "1 or 0"),
    "uncalibrated": (_is_probability, "a number from 0 to 1"),
    "threshold": (lambda text: not text or _is_probability(text), "a number from 0 to 1, or empty"),
    "uncertain": (lambda text: text in ("0", "1"), "1 or 0"),
}


def _refuse(path: Path, table: pd.DataFrame, column: str, is_wrong: pd.Series[bool], expected: str) -> None:
    """Raise an error about the first row that is wrong; rows are counted as an editor does."""
    if is_wrong.any():
        row = int(np.flatnonzero(is_wrong.to_numpy())[0])
        raise TableError(
            f"{path}, row {row + 2}, column {column!r}: {table[column].iloc[row]!r} was found, "
            f"expected is {expected}. Correct the row, or write the predictions again."
        )
