"""A table that says which files are to be predicted, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heartprobe.data.demographic_cells import LIVES, SEX, SMOKER, age_of, category_of
from heartprobe.data.faults import Faults
from heartprobe.data.recordings import POSTURES, VALVE_AREAS, Demographics, Position
from heartprobe.data.tables import Row, read_table
from heartprobe.errors import TableError, did_you_mean
from heartprobe.predict.given import GivenPatient, GivenRecording
from heartprobe.predict.tree import position_in

_FILE: Final = "file"

#: Columns that the table may have.
COLUMNS: Final = (_FILE, "patient_id", "position", "age", "sex", "smoker", "lives")

_POSITION = re.compile(rf"(?:({'|'.join(POSTURES)})_)?({'|'.join(VALVE_AREAS)})")


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """The patients of a table, in the order of their first line."""

    everybody: tuple[GivenPatient, ...]

    def patients(self) -> Iterator[GivenPatient]:
        """Yield the patients."""
        yield from self.everybody

    def n_recordings(self) -> int:
        """Count the recordings."""
        return sum(len(patient.recordings) for patient in self.everybody)


def read_listed(path: Path, otherwise: Demographics) -> Listed:
    """Read a table with a line for each file.

    `file` is a path as seen from the table. Lines with the same `patient_id` are of one patient; a
    file without one is of a patient of its own. `position` is such as `sup_Mit` or `Mit`; an empty
    one is read from the file's name.

    Args:
        path: The table.
        otherwise: Demographics where the table has none.

    Raises:
        TableError: If a column is unknown or lacking, or a cell cannot be believed.
        DataError: If the file cannot be opened.
    """
    faults = Faults()
    table = read_table(path, path.name, faults)
    table.require([_FILE])
    unknown = [column for column in table.columns if column not in COLUMNS]
    if unknown:
        hint = did_you_mean(unknown[0], COLUMNS)
        raise TableError(f"{path}: the column {unknown[0]!r} is unknown.{hint} Expected {', '.join(COLUMNS)}.")
    patients: dict[str, GivenPatient] = {}
    seen: dict[str, int] = {}
    for row in table.rows:
        if not row[_FILE] or row[_FILE] in seen:
            row.fault(
                _FILE, "the path of a recording" if not row[_FILE] else f"another file than line {seen[row[_FILE]]}"
            )
            continue
        seen[row[_FILE]] = row.line
        patient_id = row.cells.get("patient_id") or row[_FILE]
        demographics = _demographics(row, otherwise)
        given = patients.setdefault(patient_id, GivenPatient(patient_id, (), demographics))
        if given.demographics != demographics:
            row.fault("patient_id", "the same demographics as in the patient's first line")
        recording = GivenRecording(path.parent / row[_FILE], row[_FILE], _position(row))
        patients[patient_id] = GivenPatient(patient_id, (*given.recordings, recording), given.demographics)
    if faults.findings:
        first = faults.findings[0]
        more = f" {len(faults.findings) - 1} more cannot be believed, either." if len(faults.findings) > 1 else ""
        raise TableError(f"{path.parent / first.subject}: {first.detail}{more}")
    if not patients:
        raise TableError(f"{path} lists no file.")
    return Listed(tuple(patients.values()))


def _demographics(row: Row, otherwise: Demographics) -> Demographics:
    has = row.cells.keys()
    return Demographics(
        age=age_of(row, "age") if "age" in has else otherwise.age,
        sex=category_of(row, "sex", SEX) if "sex" in has else otherwise.sex,
        smoker=category_of(row, "smoker", SMOKER) if "smoker" in has else otherwise.smoker,
        lives=category_of(row, "lives", LIVES) if "lives" in has else otherwise.lives,
    )


def _position(row: Row) -> Position | None:
    text = row.cells.get("position", "")
    if not text:
        return position_in(Path(row[_FILE]))
    match = _POSITION.fullmatch(text)
    if match is None:
        row.fault("position", f"a valve area ({', '.join(VALVE_AREAS)}), or one after sup_ or sit_")
        return None
    posture = next((one for one in POSTURES if one == match[1]), None)
    area = next(one for one in VALVE_AREAS if one == match[2])
    return Position(posture, area)
