"""What every row of `predictions.csv` must keep, and the sentence for a row that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd

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
)


def check_columns(path: Path, table: pd.DataFrame) -> None:
    """Refuse a table that lacks a column or has no rows.

    Raises:
        DataError: With the missing column and the closest one that is there.
    """
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise DataError(
            f"{path} has no column {missing[0]!r}.{did_you_mean(missing[0], set(table.columns) - set(COLUMNS))} "
            f"Expected: {', '.join(COLUMNS)}."
        )
    if table.empty:
        raise DataError(f"{path} holds no predictions, only the header.")


def check_values(path: Path, table: pd.DataFrame) -> None:
    """Refuse values, as text, that cannot be right.

    Raises:
        TableError: With the first wrong row, its column and its value.
    """
    for column, (is_right, expected) in _EXPECTED.items():
        _refuse(path, table, column, ~table[column].map(is_right).astype(bool), expected)
    is_patient = table["level"] == "patient"
    _refuse(path, table, "recording_id", is_patient != (table["recording_id"] == ""), "empty at patient level alone")


def check_once(path: Path, table: pd.DataFrame) -> None:
    """Refuse a second prediction of the same within a repeat: nobody is tested in two folds.

    Raises:
        TableError: With the row of the second one.
    """
    key = table[["level", "patient_id", "recording_id", "label"]].assign(repeat=table["repeat"].astype(np.int64))
    _refuse(path, table, "label", key.duplicated(), "once per repeat, level, patient and recording")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _is_probability(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


_EXPECTED: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "repeat": (_is_count, "a number from 0"),
    "fold": (_is_count, "a number from 0"),
    "level": (lambda text: text in LEVELS, "recording or patient"),
    "patient_id": (bool, "the id of a patient"),
    "label": (bool, "the name of a label"),
    "truth": (lambda text: text in ("0", "1", ""), "1, 0, or empty where it is unknown"),
    "probability": (_is_probability, "a number from 0 to 1"),
    "decision": (lambda text: text in ("0", "1"), "1 or 0"),
}


def _refuse(path: Path, table: pd.DataFrame, column: str, is_wrong: pd.Series[bool], expected: str) -> None:
    """Raise an error about the first row that is wrong; rows are counted as an editor does."""
    if is_wrong.any():
        row = int(np.flatnonzero(is_wrong.to_numpy())[0])
        raise TableError(
            f"{path}, row {row + 2}, column {column!r}: {table[column].iloc[row]!r} was found, "
            f"expected is {expected}. Correct the row, or write the predictions again."
        )
