"""The demographics of BMD-HS, row by row from its second table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from heartprobe.data.recordings import Demographics, Finding
from heartprobe.data.tables import Row, Table

#: Where the table keeps each of the demographics.
DEMOGRAPHIC_COLUMNS = {"age": "Age", "sex": "Gender", "smoker": "Smoker", "lives": "Lives"}

_OLDEST = 120
_AGE = re.compile(r"[0-9]{1,3}(?:\.[0-9]+)?")
_AGE_BAND = re.compile(r"([0-9]{1,3}) ?[-–] ?([0-9]{1,3})")
_SEX = {"M": "M", "F": "F"}
_SMOKER = {"0": False, "1": True}
_LIVES = {"U": "U", "R": "R"}

Value = TypeVar("Value")


def read_demographics(table: Table) -> tuple[dict[str, Demographics], list[Finding]]:
    """Read the demographics of every patient; an empty cell is an unknown value.

    An age is a number of years, or a band of years such as `30-39` (the tables that the data
    set's authors published later), whose middle is taken.

    Returns:
        Demographics by patient id, and notes on what is not given or not exact.

    Raises:
        TableError: At a missing column, a repeated patient, or the first cell out of range.
    """
    table.require(["patient_id", *DEMOGRAPHIC_COLUMNS.values()])
    patients: dict[str, Demographics] = {}
    findings: list[Finding] = []
    for patient_id, row in table.by_key("patient_id").items():
        patients[patient_id] = Demographics(
            age=_age(row),
            sex=_category(row, DEMOGRAPHIC_COLUMNS["sex"], _SEX),
            smoker=_category(row, DEMOGRAPHIC_COLUMNS["smoker"], _SMOKER),
            lives=_category(row, DEMOGRAPHIC_COLUMNS["lives"], _LIVES),
        )
        blank = [column for column in DEMOGRAPHIC_COLUMNS.values() if not row[column]]
        if blank:
            detail = f"{row.place}: {', '.join(blank)} is not given."
            findings.append(Finding("no-demographics", patient_id, detail, is_problem=False))
    bands = sum(_AGE_BAND.fullmatch(row[DEMOGRAPHIC_COLUMNS["age"]]) is not None for row in table.rows)
    if bands:
        detail = f"{bands} of {len(table.rows)} ages are bands such as 30-39; the middle of the band (34.5) is used."
        findings.append(Finding("age-band", table.path.name, detail, is_problem=False))
    return patients, findings


def _age(row: Row) -> float | None:
    column = DEMOGRAPHIC_COLUMNS["age"]
    text = row[column]
    if not text:
        return None
    band = _AGE_BAND.fullmatch(text)
    if band and int(band[1]) <= int(band[2]) <= _OLDEST:
        return (int(band[1]) + int(band[2])) / 2
    if _AGE.fullmatch(text) and float(text) <= _OLDEST:
        return float(text)
    raise row.error(column, f"years from 0 to {_OLDEST}, or a band of years such as 30-39")


def _category(row: Row, column: str, values: Mapping[str, Value]) -> Value | None:
    text = row[column]
    if not text:
        return None
    if text not in values:
        raise row.error(column, f"{' or '.join(values)}, or nothing where it is unknown")
    return values[text]
