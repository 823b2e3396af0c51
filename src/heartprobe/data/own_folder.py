"""The reader of one's own recordings: a folder with a table, or with a sub-folder for every class."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.class_folders import sort_by_class
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.faults import Faults
from heartprobe.data.file_matching import match_files
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.own_table import read_own_table
from heartprobe.data.recordings import Finding, Recording, RecordingSet
from heartprobe.data.single_recordings import SingleRecording, nobody_known, one_patient_each
from heartprobe.errors import ConfigError, did_you_mean
from heartprobe.labels import LABELS, LESIONS, NORMAL

NAME = "folder"

_NORMAL_FOLDER = "normal"
_ABNORMAL_FOLDER = "abnormal"

#: The class that a folder stands for, by its name in small letters.
CLASS_FOLDERS: Mapping[str, str] = {
    _NORMAL_FOLDER: NORMAL,
    _ABNORMAL_FOLDER: _ABNORMAL_FOLDER,
    **{label.lower(): label for label in LABELS},
}

_SOUGHT = Sought(
    f"The data set {NAME!r}",
    "Give a folder with --data-dir that holds recordings and a table of them (named by dataset.train_csv), or "
    f"recordings in folders called {', '.join(CLASS_FOLDERS)}.",
)


def read_own_folder(folder: Path, dataset: DatasetConfig) -> RecordingSet:
    """Read the table of the folder; where there is no table at all, take the labels from its sub-folders.

    Args:
        folder: Holds the recordings, and the table if there is one.
        dataset: `train_csv` is the name of the table; labels and demographics are as it names them.

    Returns:
        Every listed recording, or every recording in a class folder, that can be used. A cell of the
        table that cannot be believed is a finding (`impossible`).

    Raises:
        DatasetNotFoundError: If the folder, the table, or every recording is missing.
        DataError: If the table is there more than once.
        TableError: If the table lacks a column.
        ConfigError: If demographics are asked for that class folders do not have.
    """
    files = look_through(folder, _SOUGHT)
    table = files.find_table(dataset.train_csv, "dataset.train_csv")
    if table is not None:
        return _read_listed(files, table, dataset)
    if files.tables:
        names = sorted({path.name for path in files.tables})
        hint = did_you_mean(dataset.train_csv, names)
        raise _SOUGHT.missing(
            f"there is no table {dataset.train_csv!r} in or below {folder}, but {', '.join(names[:5])}.{hint} Set "
            "dataset.train_csv to the table of recordings, or take all tables away to use class folders."
        )
    if not files.audio:
        raise _SOUGHT.missing(f"there is neither a table {dataset.train_csv!r} nor a recording in or below {folder}.")
    if dataset.demographics:
        raise ConfigError(f"dataset.demographics names {dataset.demographics[0]!r}, but class folders have none.")
    return _read_classes(files)


def _read_listed(files: DataFolder, table: Path, dataset: DatasetConfig) -> RecordingSet:
    faults = Faults()
    listed = read_own_table(files.read(table, faults), dataset, default_site=NAME)
    wanted = [one.recording_id for one in listed.recordings]
    seen = files.renamed(_by_path(files, table.parent))
    paths, file_findings = match_files(seen, wanted, listed.left_out, ())
    present = [one for one in listed.recordings if one.recording_id in paths]
    _SOUGHT.require(present, f"{table} lists {len(wanted)}", [*faults.findings, *file_findings])
    patients = {one.patient.patient_id: one.patient for one in present}
    lost = sorted({one.patient.patient_id for one in listed.recordings} - set(patients))
    return RecordingSet(
        name=NAME,
        recordings=tuple(
            Recording(one.recording_id, one.patient.patient_id, paths[one.recording_id], one.position)
            for one in sorted(present, key=lambda one: one.patient.patient_id)
        ),
        patients={patient_id: patients[patient_id] for patient_id in sorted(patients)},
        findings=(
            *faults.findings,
            *listed.findings,
            *file_findings,
            *(_without_sound(patient_id, files.relative(table)) for patient_id in lost),
        ),
    )


def _without_sound(patient_id: str, table: str) -> Finding:
    return Finding("missing", patient_id, f"{table}: no recording of the patient is there; it is not used.")


def _by_path(files: DataFolder, origin: Path) -> list[tuple[str, Path]]:
    """Return every recording with its path as seen from a folder, without suffix."""
    found = sorted(path for paths in files.audio.values() for path in paths)
    return [(str(PurePath(os.path.relpath(path, origin)).with_suffix("")), path) for path in found]


def _read_classes(files: DataFolder) -> RecordingSet:
    classes, findings = sort_by_class(files, lambda name: CLASS_FOLDERS.get(name.lower()))
    known = [lesion for lesion in LESIONS if lesion in classes.values()]
    by_name: dict[str, Path] = {}
    listed: list[SingleRecording] = []
    for name, paths in files.renamed(_by_path(files, files.path)).audio.items():
        if len(paths) > 1 and paths[0] in classes:
            places = ", ".join(files.relative(path) for path in paths)
            findings.append(Finding("ambiguous", name, f"{len(paths)} files have this name ({places}); none is used."))
        elif paths[0] in classes:
            by_name[name] = paths[0]
            listed.append(SingleRecording(name, _labels(classes[paths[0]], known), site=NAME, group=None))
    unknown = nobody_known(
        NAME,
        "Class folders do not tell who was recorded, so every recording counts as another person. Where one person "
        "has several, results are too good: give a table instead.",
    )
    return one_patient_each(NAME, listed, by_name, [*findings, unknown], _SOUGHT)


def _labels(name: str, known: Iterable[str]) -> dict[str, int | None]:
    """Return what a class says: a normal heart has no lesion, an abnormal one may have any but what it is called."""
    if name == NORMAL:
        return {NORMAL: 1, **dict.fromkeys(known, 0)}
    return {NORMAL: 0, **{lesion: 1 if lesion == name else None for lesion in known}}


FACTS = DatasetFacts(
    title="A folder of your own recordings",
    url="",
    licence="that of your recordings",
    citation="what your recordings ask for",
    rates_hz=(),
    duration_s=None,
    labels=LABELS,
    label_meaning="The columns of your table, as they are; or the name of the folder that a recording lies in.",
    people="A patient is whom the table calls one; with class folders, every recording is a patient.",
    demographics=("age", "sex", "smoker", "lives"),
    unknown=("Whatever your table does not tell.",),
    read=read_own_folder,
    release=None,
)
