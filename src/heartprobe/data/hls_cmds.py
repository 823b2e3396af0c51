"""The reader of the heart sounds of HLS-CMDS, recorded from a clinical manikin.

Torabi, Shirani, Reilly 2025, doi:10.1109/IEEEDATA.2025.3566012. `HS.csv` lists the heart sounds by the
names of their files; `LS.csv` lists lung sounds and `Mix.csv` mixtures of both, which are not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.extra_labels import MURMUR
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.faults import Faults
from heartprobe.data.file_matching import match_files
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.recordings import Finding, Position, RecordingSet
from heartprobe.data.release import Archive, Release, TableFile, ways_out
from heartprobe.data.single_recordings import SingleRecording, nobody_known, one_patient_each
from heartprobe.data.tables import Row, Table
from heartprobe.labels import NORMAL

NAME = "hls-cmds"
HEART_TABLE = "HS.csv"
OTHER_TABLES = ("LS.csv", "Mix.csv")

_ABNORMAL = {NORMAL: 0, MURMUR: 0}
_WITH_MURMUR = {NORMAL: 0, MURMUR: 1}

#: What the manikin played. The authors call everything but *Normal* an abnormality.
SOUND_TYPES: Mapping[str, Mapping[str, int | None]] = {
    "Normal": {NORMAL: 1, MURMUR: 0},
    "Early Systolic Murmur": _WITH_MURMUR,
    "Mid Systolic Murmur": _WITH_MURMUR,
    "Late Systolic Murmur": _WITH_MURMUR,
    "Late Diastolic Murmur": _WITH_MURMUR,
    "S3": _ABNORMAL,
    "S4": _ABNORMAL,
    "Tachycardia": _ABNORMAL,
    "Atrial Fibrillation": _ABNORMAL,
    "AV Block": _ABNORMAL,
}

#: The landmarks that are valve areas; at the right and left costal margin (RC, LC) there is none.
POSITIONS: Mapping[str, Position | None] = {
    "RUSB": Position(None, "Aor"),
    "LUSB": Position(None, "Pul"),
    "LLSB": Position(None, "Tri"),
    "Apex": Position(None, "Mit"),
    "RC": None,
    "LC": None,
}

_URL = "https://data.mendeley.com/datasets/8972jxbpmp/3"
_SOUGHT = Sought.published(NAME, _URL)

#: How the first version of the tables and the later ones call the column of names.
_NAME_COLUMNS = ("Heart Sound ID", "Sound ID")


def read_hls_cmds(folder: Path, dataset: DatasetConfig) -> RecordingSet:  # noqa: ARG001
    """Read the heart sounds.

    Args:
        folder: Holds the tables and the recordings, however deep.
        dataset: Not used: the names of tables and columns are fixed.

    Returns:
        Every heart sound that `HS.csv` lists and that is there. Lung sounds and mixtures are left
        out with a note. A line without a type or place that can be believed is a finding
        (`impossible`).

    Raises:
        DatasetNotFoundError: If the folder, the table, or every recording is missing.
        DataError: If a table is there more than once.
        TableError: If a table lacks a column.
    """
    files = look_through(folder, _SOUGHT)
    path = files.find_table(HEART_TABLE, "the table")
    if path is None:
        raise _SOUGHT.missing(f"there is no table {HEART_TABLE!r} in or below {folder}.")
    faults = Faults()
    table = files.read(path, faults)
    rows = table.by_key(_name_column(table))
    listed = [one for name, row in rows.items() if (one := _recording(name, row)) is not None]
    wanted = [one.recording_id for one in listed]
    others = _other_sounds(files, faults) - set(wanted)
    paths, findings = match_files(files, wanted, others | set(rows), ())
    present = len(others & set(files.audio))
    if present:
        detail = f"{present} recordings of lung sounds, and of heart and lung together, are not used."
        findings.append(Finding("left-out", ", ".join(OTHER_TABLES), detail, is_problem=False))
    unknown = nobody_known(
        NAME,
        "All sounds come from one manikin, which plays the same sound again and again; they are kept together, "
        "and no part of the data set can test a model that was trained on another part of it.",
    )
    return one_patient_each(NAME, listed, paths, [*faults.findings, *findings, unknown], _SOUGHT)


def _name_column(table: Table) -> str:
    found = [column for column in _NAME_COLUMNS if column in table.columns]
    table.require(["Heart Sound Type", "Location", *(found[:1] or _NAME_COLUMNS[:1])])
    return found[0]


def _recording(name: str, row: Row) -> SingleRecording | None:
    """Return what a line says, or `None` where the type of the sound cannot be believed."""
    if row["Location"] not in POSITIONS:
        row.fault("Location", f"one of {', '.join(POSITIONS)}")
    if row["Heart Sound Type"] not in SOUND_TYPES:
        row.fault("Heart Sound Type", f"one of {', '.join(SOUND_TYPES)}")
        return None
    labels = SOUND_TYPES[row["Heart Sound Type"]]
    return SingleRecording(name, labels, site=NAME, group=NAME, position=POSITIONS.get(row["Location"]))


def _other_sounds(files: DataFolder, faults: Faults) -> set[str]:
    """Return the names of everything that the other tables list, in whichever of their columns."""
    names: set[str] = set()
    for name in OTHER_TABLES:
        for path in files.tables_named(name):
            table = files.read(path, faults)
            columns = [column for column in table.columns if column.endswith("ID")]
            names.update(row[column] for row in table.rows for column in columns)
    return names - {""}


FACTS = DatasetFacts(
    title="HLS-CMDS, Heart and Lung Sounds Dataset Recorded from a Clinical Manikin using Digital Stethoscope",
    url=_URL,
    licence="CC BY 4.0",
    citation="Torabi Y, Shirani S, Reilly JP. Descriptor: Heart and Lung Sounds Dataset Recorded from a Clinical "
    "Manikin using Digital Stethoscope (HLS-CMDS). IEEE Data Descriptions 2:133-140, 2025",
    # As users report who looked at the files of the record at Zenodo; the paper says 22 050 Hz.
    rates_hz=(4000,),
    duration_s=15.0,
    labels=(NORMAL, MURMUR),
    label_meaning="The sound type *Normal* is a normal heart; the four types of murmurs are abnormal with a murmur; "
    "third and fourth sounds, tachycardia, atrial fibrillation and block are abnormal without one.",
    people="Every recording is a patient; all of them are one group, because a manikin was recorded and no person. "
    "So nothing can be tested within the data set.",
    demographics=(),
    unknown=(
        "Any person: the sounds were played by a manikin. Its setting (M or F) is not taken for a sex.",
        "The disease that a murmur stands for.",
        "Which recordings play one and the same sound.",
        "Why its files have 4000 Hz where its paper says 22 050 Hz.",
    ),
    read=read_hls_cmds,
    release=Release(
        title="HLS-CMDS",
        # The number of the record, whose files cannot change.
        version="zenodo-15376628",
        addresses=("https://zenodo.org/records/15376628/files/",),
        # Not the lung sounds and the mixtures. The checksum is the record's, as users report it.
        files=(TableFile("HS.csv"), Archive("HS.zip", into="HS", md5="ac5a2390390f40e7abfe03fff7d73222")),
        terms="HLS-CMDS: Torabi, Shirani, Reilly 2025, doi:10.1109/IEEEDATA.2025.3566012. CC BY 4.0: name the source "
        "wherever you use it.",
        ways_out=ways_out("https://zenodo.org/records/15376628"),
        n_bytes=40_000_000,
    ),
)
