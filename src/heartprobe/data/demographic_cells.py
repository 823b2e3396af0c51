"""Cells of a table that hold demographics; an empty one is an unknown value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

from heartprobe.data.tables import Row

OLDEST: Final = 120
SEX: Final = {"M": "M", "F": "F"}
SMOKER: Final = {"0": False, "1": True}
LIVES: Final = {"U": "U", "R": "R"}

_AGE = re.compile(r"[0-9]{1,3}(?:\.[0-9]+)?")
_AGE_BAND = re.compile(r"([0-9]{1,3}) ?[-–] ?([0-9]{1,3})")

Value = TypeVar("Value")


def age_of(row: Row, column: str) -> float | None:
    """Return an age in years: a number, or the middle of a band of years such as `30-39`.

    A cell that is neither, or out of range, is a fault, and the age unknown.
    """
    text = row[column]
    if not text:
        return None
    band = _AGE_BAND.fullmatch(text)
    if band and int(band[1]) <= int(band[2]) <= OLDEST:
        return (int(band[1]) + int(band[2])) / 2
    if _AGE.fullmatch(text) and float(text) <= OLDEST:
        return float(text)
    row.fault(column, f"years from 0 to {OLDEST}, or a band of years such as 30-39")
    return None


def is_age_band(text: str) -> bool:
    """Return whether an age is given as a band of years."""
    return _AGE_BAND.fullmatch(text) is not None


def category_of(row: Row, column: str, values: Mapping[str, Value]) -> Value | None:
    """Return what the text of a cell stands for; one that is none of the values is a fault, and unknown."""
    text = row[column]
    if text and text not in values:
        row.fault(column, f"{' or '.join(values)}, or nothing where it is unknown")
    return values.get(text)
