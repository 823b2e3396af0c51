"""The patients of BMD-HS: labels and recordings, row by row from its first table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.folder import AUDIO_SUFFIXES
from heartprobe.data.recordings import Finding
from heartprobe.data.tables import Row, Table
from heartprobe.errors import ConfigError, did_you_mean
from heartprobe.labels import LABELS, LESIONS

#: What stands in the tables that were published later where a label does not apply.
UNKNOWN_LABEL = "N/A"

_LABEL_VALUES: Mapping[str, int | None] = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, UNKNOWN_LABEL: None}


@dataclass(frozen=True, slots=True)
class LabelledPatient:
    """A patient whose labels can be used, with the names of the recordings that are listed."""

    row: Row
    labels: Mapping[str, int | None]
    recording_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientList:
    """What the first table says.

    Attributes:
        patients: By patient id, in the order of the table.
        left_out: Names of the recordings of everybody else in the table, by patient id, or by line where
            that is not one patient's alone.
        findings: Why they are left out.
    """

    patients: dict[str, LabelledPatient] = field(default_factory=dict)
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_patients(table: Table, dataset: DatasetConfig) -> PatientList:
    """Read who there is, with which labels and which recordings.

    A patient with no known label, or with labels that contradict each other, is left out with a
    finding. A patient or a recording that is listed twice, and a label that is not 0, 1 or N/A, is
    a fault.

    Raises:
        ConfigError: If a label or a recording column of the settings is not in the table.
        TableError: If the column of patients is missing.
    """
    label_columns = _label_columns(table, dataset)
    result = PatientList()
    listed: dict[str, Row] = {}
    rows = table.by_key("patient_id")
    for row in table.rows:
        patient_id = row["patient_id"]
        recording_ids = _recording_ids(row, dataset.recording_columns, listed)
        if rows.get(patient_id) is not row:
            result.left_out[row.place] = recording_ids
            continue
        labels = {column: _label(row, column) for column in label_columns}
        doubt = _doubt(row, labels, dataset.normal_class)
        if doubt is None:
            result.patients[patient_id] = LabelledPatient(row, labels, recording_ids)
        else:
            result.left_out[patient_id] = recording_ids
            follows = f"{patient_id} and {len(recording_ids)} recordings are left out."
            result.findings.append(Finding(doubt.kind, patient_id, f"{doubt.detail} {follows}", doubt.is_problem))
    return result


def _label_columns(table: Table, dataset: DatasetConfig) -> tuple[str, ...]:
    """Return the columns with labels: those of the settings, and the known ones that are there."""
    table.require(["patient_id"])
    for setting, names in (
        ("dataset.normal_class", (dataset.normal_class,)),
        ("dataset.disease_classes", dataset.disease_classes),
        ("dataset.recording_columns", dataset.recording_columns),
    ):
        for name in names:
            if name not in table.columns:
                raise ConfigError(
                    f"{setting} names {name!r}, which is not a column of {table.path}."
                    f"{did_you_mean(name, table.columns)} Its columns are {', '.join(table.columns)}."
                )
    wanted = {dataset.normal_class, *dataset.disease_classes, *LABELS}
    return tuple(column for column in table.columns if column in wanted)


def _recording_ids(row: Row, columns: Sequence[str], listed: dict[str, Row]) -> tuple[str, ...]:
    """Return the recordings of a row; an empty cell says that none was made."""
    recording_ids = []
    for column in columns:
        name = PurePath(row[column])
        recording_id = name.stem if name.suffix.lower() in AUDIO_SUFFIXES else row[column]
        if not recording_id:
            continue
        if recording_id in listed:
            row.fault(column, f"every recording once, but line {listed[recording_id].line} lists it too")
            continue
        listed[recording_id] = row
        recording_ids.append(recording_id)
    return tuple(recording_ids)


def _label(row: Row, column: str) -> int | None:
    value = row[column].upper()
    if value not in _LABEL_VALUES:
        row.fault(column, f"0 or 1, or {UNKNOWN_LABEL} where it is unknown")
    return _LABEL_VALUES.get(value)


def _doubt(row: Row, labels: Mapping[str, int | None], normal: str) -> Finding | None:
    """Return why labels cannot be used, or `None` where they can."""
    patient_id = row["patient_id"]
    if all(value is None for value in labels.values()):
        detail = f"{row.place}: every label is {UNKNOWN_LABEL}."
        return Finding("unlabelled", patient_id, detail, is_problem=False)
    lesions = {label: value for label, value in labels.items() if label != normal}
    present = [label for label, value in lesions.items() if value == 1]
    if labels[normal] == 1 and present:
        detail = f"{row.place}: {normal} is 1 (a normal heart) although {', '.join(present)} is 1."
        return Finding("contradicting", patient_id, detail)
    # Without a column for every lesion, the one that the patient has may not be in the table.
    if labels[normal] == 0 and lesions.keys() >= set(LESIONS) and not any(v != 0 for v in lesions.values()):
        detail = f"{row.place}: {normal} is 0 (not a normal heart) although {', '.join(lesions)} are all 0."
        return Finding("contradicting", patient_id, detail)
    return None
