"""The reader of BMD-HS, the BUET Multi-disease Heart Sound data set.

Ali et al. 2024, arXiv:2409.00724. Labels and patients come from the tables alone, never from file
names; a file is only looked up by the name that the table lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.bmd_hs_demographics import read_demographics
from heartprobe.data.bmd_hs_patients import PatientList, read_patients
from heartprobe.data.bmd_hs_release import bmd_hs_release
from heartprobe.data.corrections import BMD_HS_CORRECTIONS
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.faults import Faults
from heartprobe.data.file_matching import match_files
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.recordings import (
    POSTURES,
    VALVE_AREAS,
    Demographics,
    Finding,
    Patient,
    Position,
    Posture,
    Recording,
    RecordingSet,
    ValveArea,
)
from heartprobe.errors import did_you_mean
from heartprobe.labels import LABELS

NAME = "bmd-hs"

#: A file of this name beside the tables says that the sounds were generated.
SYNTHETIC_MARKER = "synthetic.json"

_SOUGHT = Sought(f"The data set {NAME!r}")
_POSITION = re.compile(rf".+_({'|'.join(POSTURES)})_({'|'.join(VALVE_AREAS)})")


def read_bmd_hs(folder: Path, dataset: DatasetConfig) -> RecordingSet:
    """Read BMD-HS, or any data set in its layout.

    Args:
        folder: Holds the tables and the recordings (`.wav` or `.flac`), however deep.
        dataset: Names of the tables and columns.

    Returns:
        Every listed recording that is there and has a label. Whatever is missing, left out or
        corrected is in the findings, and so is every cell that cannot be believed (`impossible`).

    Raises:
        DatasetNotFoundError: If the folder, a needed table, or every recording is missing.
        DataError: If a table is there more than once.
        TableError: If a table lacks a column.
        ConfigError: If the settings name a column that the table does not have.
    """
    files = look_through(folder, _SOUGHT)
    table = files.find_table(dataset.train_csv, "dataset.train_csv")
    if table is None:
        hint = did_you_mean(dataset.train_csv, [file.name for file in files.tables])
        raise _SOUGHT.missing(f"there is no table {dataset.train_csv!r} in or below {folder}.{hint}")
    faults = Faults()
    listed = read_patients(files.read(table, faults), dataset)
    demographics, findings = _demographics(files, listed, dataset, faults)
    wanted = [recording_id for patient in listed.patients.values() for recording_id in patient.recording_ids]
    left_out = {recording_id for recording_ids in listed.left_out.values() for recording_id in recording_ids}
    paths, file_findings = match_files(files, wanted, left_out, BMD_HS_CORRECTIONS)
    recordings = tuple(
        Recording(recording_id, patient_id, paths[recording_id], position_of(recording_id))
        for patient_id in sorted(listed.patients)
        for recording_id in listed.patients[patient_id].recording_ids
        if recording_id in paths
    )
    _SOUGHT.require(recordings, f"{table} lists {len(wanted)}", [*faults.findings, *file_findings])
    present = sorted({recording.patient_id for recording in recordings})
    return RecordingSet(
        name=NAME,
        recordings=recordings,
        patients={
            p: Patient(p, listed.patients[p].labels, demographics.get(p, Demographics()), site=NAME) for p in present
        },
        findings=(
            *faults.findings,
            *listed.findings,
            *findings,
            *file_findings,
            *_without_sound(listed, present),
        ),
        is_synthetic=(table.parent / SYNTHETIC_MARKER).is_file(),
    )


def position_of(recording_id: str) -> Position | None:
    """Return the position that a name such as `MD_085_sit_Tri` ends with, or `None` without one."""
    match = _POSITION.fullmatch(recording_id)
    return Position(cast(Posture, match[1]), cast(ValveArea, match[2])) if match else None


def _demographics(
    files: DataFolder, listed: PatientList, dataset: DatasetConfig, faults: Faults
) -> tuple[Mapping[str, Demographics], list[Finding]]:
    """Read the second table, which must have every patient where the settings use it."""
    used = ", ".join(dataset.demographics)
    path = files.find_table(dataset.metadata_csv, "dataset.metadata_csv")
    if path is None:
        lack = f"there is no table {dataset.metadata_csv!r} in or below {files.path}"
        if used:
            raise Sought("The table of demographics").missing(f"dataset.demographics uses {used}, but {lack}.")
        detail = f"The demographics of all patients are unknown: {lack}."
        return {}, [Finding("no-demographics", dataset.metadata_csv, detail, is_problem=False)]
    known, findings = read_demographics(files.read(path, faults))
    place = files.relative(path)
    for patient_id, patient in listed.patients.items():
        if patient_id not in known and used:
            patient.row.fault("patient_id", f"a patient with a row in {place}; dataset.demographics uses {used}")
        elif patient_id not in known:
            findings.append(Finding("no-demographics", patient_id, f"{patient.row.place} has no partner in {place}."))
    findings.extend(
        Finding(
            "unlisted", patient_id, f"The patient stands in {place}, but not in {dataset.train_csv}; it is not used."
        )
        for patient_id in known
        if patient_id not in listed.patients and patient_id not in listed.left_out
    )
    return known, findings


def _without_sound(listed: PatientList, present: list[str]) -> list[Finding]:
    return [
        Finding("missing", patient_id, f"{patient.row.place}: no recording of the patient is there; it is not used.")
        for patient_id, patient in listed.patients.items()
        if patient_id not in present
    ]


FACTS = DatasetFacts(
    title="BMD-HS, the BUET Multi-disease Heart Sound data set",
    url="https://github.com/mHealthBuet/BMD-HS-Dataset",
    # Read in the repository's own history: the copies of 2024 have no LICENSE file, a later state has one
    # with CC BY 4.0, and the state with the citation of 2026 one with CC BY-NC-ND 4.0.
    licence="none stated in the copies of 2024; CC BY 4.0, then CC BY-NC-ND 4.0 in later states of the repository",
    citation="Ali SN, Zahin A, Shuvo SB, et al. BUET Multi-disease Heart Sound Dataset: A Comprehensive "
    "Auscultation Dataset for Developing Computer-Aided Diagnostic Systems. arXiv:2409.00724, 2024; "
    "Computer Methods and Programs in Biomedicine Update 9:100237, 2026",
    rates_hz=(4000,),
    duration_s=20.0,
    labels=LABELS,
    label_meaning="Its own columns, as they are: a normal heart has none of the four lesions.",
    people="Every patient is another person.",
    demographics=("age", "sex", "smoker", "lives"),
    unknown=(
        "How severe a lesion is.",
        "Any disease beside the four lesions; of patient_022 the authors name one (mitral valve prolapse).",
        "The exact age, in the later states of the tables, which give bands of ten years.",
        "What tells normal hearts from others beside the sound: every normal is 20 to 24 years old, lives in a "
        "town and does not smoke.",
    ),
    read=read_bmd_hs,
    release=bmd_hs_release(DatasetConfig()),
)
