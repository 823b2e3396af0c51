"""The table of one's own recordings: which columns it can have, and what their cells mean."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.demographic_cells import LIVES, SEX, SMOKER, age_of, category_of
from heartprobe.data.folder import AUDIO_SUFFIXES
from heartprobe.data.recordings import POSTURES, VALVE_AREAS, Demographics, Finding, Patient, Position
from heartprobe.data.tables import Row, Table
from heartprobe.errors import TableError, did_you_mean
from heartprobe.labels import LABELS, LESIONS

RECORDING: Final = "recording"
PATIENT: Final = "patient_id"

#: The columns that a table may have beside the labels, each with what its cells hold.
COLUMNS: Final[Mapping[str, str]] = {
    RECORDING: "the recording: its path as seen from the table, with or without `.wav` or `.flac`; once in the table",
    PATIENT: "who was recorded: any text",
    "age": "years from 0 to 120, or a band of years such as `30-39`, of which the middle is used",
    "sex": "`M` or `F`",
    "smoker": "`1` or `0`",
    "lives": "`U` (urban) or `R` (rural)",
    "position": f"the valve area: {', '.join(f'`{area}`' for area in VALVE_AREAS)}",
    "posture": "`sup` (lying) or `sit`; only beside a position",
    "site": "the place that the patient was recorded at: any text",
    "group": "patients with the same text here may be one person, and are never parted",
}

_LABEL_VALUES: Final[Mapping[str, int | None]] = {"0": 0, "1": 1, "": None, "N/A": None}


@dataclass(frozen=True, slots=True)
class OwnRecording:
    """One line of the table: which recording, of whom, made where."""

    recording_id: str
    patient: Patient
    position: Position | None


@dataclass(frozen=True, slots=True)
class OwnTable:
    """What the table says.

    Attributes:
        recordings: Those of patients whose labels can be used, in the order of the table.
        left_out: Names of the other recordings.
        findings: Why they are left out, and notes on columns that are not used.
    """

    recordings: tuple[OwnRecording, ...]
    left_out: frozenset[str]
    findings: tuple[Finding, ...]


def read_own_table(table: Table, dataset: DatasetConfig, default_site: str) -> OwnTable:
    """Read every line of the table.

    A cell that cannot be believed is a fault, and so is a line that says something else of its
    patient than a line before it; the first line then counts.

    Args:
        table: The table.
        dataset: Names labels beside the five, and the demographics that must be there.
        default_site: Site of a patient of whom none is given.

    Raises:
        TableError: If a needed column is not there.
    """
    labels = tuple(dict.fromkeys([dataset.normal_class, *LABELS, *dataset.disease_classes]))
    table.require([RECORDING, PATIENT, *dataset.demographics])
    present = [label for label in labels if label in table.columns]
    if not present:
        raise TableError(f"{table.path} has no column with a label; expected one or more of {', '.join(labels)}.")
    recordings: dict[str, OwnRecording] = {}
    lines: dict[str, Row] = {}
    patients: dict[str, tuple[Row, Patient]] = {}
    doubtful: set[str] = set()
    for row in table.rows:
        recording_id, position = _recording_id(row, lines), _position(row)
        n_faults = len(row.faults.findings)
        patient = _patient(row, present, default_site)
        if len(row.faults.findings) > n_faults:
            doubtful.add(row[PATIENT])
        if recording_id is None or patient is None:
            continue
        first_row, first = patients.setdefault(patient.patient_id, (row, patient))
        if patient != first and patient.patient_id not in doubtful:
            expected = f"the same labels, demographics, site and group as in line {first_row.line} for this patient"
            row.fault(PATIENT, expected)
        recordings[recording_id] = OwnRecording(recording_id, first, position)
    doubts = {
        patient_id: doubt
        for patient_id, (row, patient) in patients.items()
        if (doubt := _doubt(row, patient, dataset.normal_class)) is not None
    }
    return OwnTable(
        tuple(one for one in recordings.values() if one.patient.patient_id not in doubts),
        frozenset(name for name in lines if name not in recordings or recordings[name].patient.patient_id in doubts),
        (*_unused(table, labels), *doubts.values()),
    )


def _recording_id(row: Row, lines: dict[str, Row]) -> str | None:
    """Return the path of a recording without its suffix, or `None` where there is none, or none of its own."""
    if not row[RECORDING]:
        row.fault(RECORDING, "the path of a recording")
        return None
    path = PurePosixPath(os.path.normpath(row[RECORDING]))
    recording_id = str(path.with_suffix("") if path.suffix.lower() in AUDIO_SUFFIXES else path)
    if recording_id in lines:
        row.fault(RECORDING, f"every recording once, but line {lines[recording_id].line} has it too")
        return None
    lines[recording_id] = row
    return recording_id


def _unused(table: Table, labels: tuple[str, ...]) -> list[Finding]:
    known = (*COLUMNS, *labels)
    return [
        Finding(
            "unused-column",
            column,
            f"{table.path.name}: this column is not used.{did_you_mean(column, known)} A label other than "
            f"{', '.join(labels)} must stand in dataset.disease_classes.",
            is_problem=False,
        )
        for column in table.columns
        if column not in known
    ]


def _patient(row: Row, labels: list[str], default_site: str) -> Patient | None:
    """Return what a line says of its patient, or `None` where it names none."""
    has = row.cells.keys()
    patient = Patient(
        row[PATIENT],
        {label: _label(row, label) for label in labels},
        Demographics(
            age=age_of(row, "age") if "age" in has else None,
            sex=category_of(row, "sex", SEX) if "sex" in has else None,
            smoker=category_of(row, "smoker", SMOKER) if "smoker" in has else None,
            lives=category_of(row, "lives", LIVES) if "lives" in has else None,
        ),
        site=row.cells.get("site") or default_site,
        group=row.cells.get("group") or None,
    )
    if not patient.patient_id:
        row.fault(PATIENT, "a value in every line")
        return None
    return patient


def _label(row: Row, column: str) -> int | None:
    value = row[column].upper()
    if value not in _LABEL_VALUES:
        row.fault(column, "0 or 1, or nothing where it is unknown")
    return _LABEL_VALUES.get(value)


def _doubt(row: Row, patient: Patient, normal: str) -> Finding | None:
    """Return why the labels of a patient cannot be used, or `None` where they can."""
    patient_id = patient.patient_id
    if all(value is None for value in patient.labels.values()):
        detail = f"{row.place}: no label is known. {patient_id} is left out."
        return Finding("unlabelled", patient_id, detail, is_problem=False)
    lesions = [label for label in LESIONS if patient.labels.get(label) == 1]
    if patient.labels.get(normal) == 1 and lesions:
        detail = f"{row.place}: {normal} is 1 (a normal heart) although {', '.join(lesions)} is 1."
        return Finding("contradicting", patient_id, f"{detail} {patient_id} is left out.")
    return None


def _position(row: Row) -> Position | None:
    area = row.cells.get("position", "")
    posture = row.cells.get("posture", "")
    known_area = next((one for one in VALVE_AREAS if one == area), None)
    known_posture = next((one for one in POSTURES if one == posture), None)
    if area and known_area is None:
        row.fault("position", f"{', '.join(VALVE_AREAS)}, or nothing where it is unknown")
    if posture and known_posture is None:
        row.fault("posture", f"{' or '.join(POSTURES)}, or nothing where it is unknown")
    if posture and not area:
        row.fault("posture", "a position beside it")
    return None if known_area is None else Position(known_posture, known_area)
