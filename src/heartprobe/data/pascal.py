"""The reader of the PASCAL Classifying Heart Sounds Challenge 2011, sets A and B.

The challenge's own archives hold sounds without tables. What is read is the layout of the copy at
https://www.kaggle.com/datasets/kinguistics/heartbeat-sounds: `set_a.csv` and `set_b.csv` with the
columns dataset, fname, label and sublabel beside the folders `set_a` and `set_b`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path, PurePosixPath

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.extra_labels import MURMUR
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.file_matching import match_files
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.data.single_recordings import SingleRecording, nobody_known, one_patient_each
from heartprobe.data.tables import Row, Table, read_table
from heartprobe.labels import NORMAL

NAME = "pascal"

#: Site of each table's recordings.
TABLES: Mapping[str, str] = {"set_a.csv": "pascal-a", "set_b.csv": "pascal-b"}

#: Of an extra sound or beat the challenge says that it "may not be a sign of disease".
CLASSES: Mapping[str, Mapping[str, int | None]] = {
    "normal": {NORMAL: 1, MURMUR: 0},
    "murmur": {NORMAL: 0, MURMUR: 1},
    "extrahls": {NORMAL: None, MURMUR: 0},
    "extrastole": {NORMAL: None, MURMUR: 0},
}

#: Recordings in which no heart can be heard.
ARTIFACT = "artifact"

_URL = "http://www.peterjbentley.com/heartchallenge/"
_SOUGHT = Sought.published(NAME, _URL)

#: In set B a name holds the number of a person, a time in milliseconds, and a place on the chest.
_PERSON = re.compile(r"_([0-9]+)_[0-9]{10,}_")


@dataclass(slots=True)
class _Listing:
    recordings: list[SingleRecording] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)


def read_pascal(folder: Path, dataset: DatasetConfig) -> RecordingSet:  # noqa: ARG001
    """Read the sets that are there; A, B or both.

    Args:
        folder: Holds the tables and the recordings, however deep.
        dataset: Not used: the names of tables and columns are fixed.

    Returns:
        Every recording of a class in which a heart can be heard. Unlabelled recordings and
        artifacts are left out with a note for each table.

    Raises:
        DatasetNotFoundError: If the folder, both tables, or every recording is missing.
        DataError: If a table is there more than once.
        TableError: If a cell of a table cannot be believed.
    """
    files = look_through(folder, _SOUGHT)
    tables = {name: table for name in TABLES if (table := files.find_table(name, "the table")) is not None}
    if not tables:
        raise _SOUGHT.missing(f"there is no table {' or '.join(TABLES)} in or below {folder}.")
    listing = _Listing()
    for name, table in tables.items():
        _read_set(read_table(table), TABLES[name], listing)
    wanted = [one.recording_id for one in listing.recordings]
    paths, file_findings = match_files(_by_plain_name(files), wanted, listing.left_out, ())
    unknown = nobody_known(
        NAME,
        "No table tells who was recorded: the recordings of set A are kept together, those of set B by the number in "
        "their names.",
    )
    return one_patient_each(NAME, listing.recordings, paths, [*file_findings, *listing.findings, unknown], _SOUGHT)


def plain_name(stem: str) -> str:
    """Return the name that a table and a file have in common.

    The table calls `murmur__112_1306243000964_A.wav` `Btraining_murmur_112_1306243000964_A.wav`, and
    `Aunlabelledtest__201012172010.wav` `__201012172010.wav`.
    """
    name = re.sub(r"_+", "_", re.sub(r"[AB]training_", "", stem))
    return f"Aunlabelledtest{name}" if name.startswith("_") else name


def _by_plain_name(files: DataFolder) -> DataFolder:
    audio: dict[str, tuple[Path, ...]] = {}
    for stem, paths in files.audio.items():
        audio[plain_name(stem)] = (*audio.get(plain_name(stem), ()), *paths)
    return changed(files, audio=audio)


def _read_set(table: Table, site: str, listing: _Listing) -> None:
    table.require(["fname", "label"])
    unlabelled, artifacts = 0, 0
    for row in table.rows:
        if not row["fname"]:
            raise row.error("fname", "the name of a recording")
        recording_id = plain_name(PurePosixPath(row["fname"]).stem)
        if recording_id in listing.rows:
            raise row.error("fname", f"every recording once, but {listing.rows[recording_id].place} lists it too")
        listing.rows[recording_id] = row
        if row["label"] in CLASSES:
            one = SingleRecording(recording_id, CLASSES[row["label"]], site, _group(row, recording_id, site))
            listing.recordings.append(one)
            listing.findings.extend(_noise(row, recording_id))
            continue
        listing.left_out.add(recording_id)
        if row["label"] not in ("", ARTIFACT):
            raise row.error("label", f"one of {', '.join([*CLASSES, ARTIFACT])}, or nothing where it is unknown")
        unlabelled += not row["label"]
        artifacts += row["label"] == ARTIFACT
    listing.findings.extend(_notes(table, unlabelled, artifacts))


def _group(row: Row, recording_id: str, site: str) -> str:
    if site != TABLES["set_b.csv"]:
        return site
    person = _PERSON.search(recording_id)
    if person is None:
        raise row.error("fname", "a name with the number of a person and a time, such as ..._127_1306764300147_C2.wav")
    return f"{site}-{person[1]}"


def _noise(row: Row, recording_id: str) -> Iterable[Finding]:
    if row.cells.get("sublabel", "").startswith("noisy"):
        detail = f"{row.place} calls it {row['sublabel']}; it is used all the same."
        yield Finding("noisy", recording_id, detail, is_problem=False)


def _notes(table: Table, unlabelled: int, artifacts: int) -> Iterable[Finding]:
    name = table.path.name
    if unlabelled:
        detail = f"{unlabelled} of {len(table.rows)} recordings have no label (the challenge's test) and are left out."
        yield Finding("unlabelled", name, detail, is_problem=False)
    if artifacts:
        detail = f"{artifacts} of {len(table.rows)} recordings are artifacts without a heart sound and are left out."
        yield Finding("left-out", name, detail, is_problem=False)


FACTS = DatasetFacts(
    title="PASCAL Classifying Heart Sounds Challenge 2011, sets A and B",
    url=_URL,
    licence="none stated by the challenge; CC0 according to the copy at Kaggle",
    citation="Bentley P, Nordehn G, Coimbra M, Mannor S. The PASCAL Classifying Heart Sounds Challenge 2011 (CHSC2011) "
    "Results. http://www.peterjbentley.com/heartchallenge/index.html",
    rates_hz=(4000, 44_100),
    duration_s=None,
    labels=(NORMAL, MURMUR),
    label_meaning="*Normal* is a normal heart, *murmur* an abnormal one with a murmur. Of *extra heart sound* and "
    "*extrasystole* it is unknown whether the heart is normal (the challenge says that either may not be a sign of "
    "disease), but there is no murmur. Labels are of the recording, not of the person.",
    people="Every recording is a patient. The recordings of set A (`pascal-a`) are one group; those of set B "
    "(`pascal-b`) are grouped by the number in their names.",
    demographics=(),
    unknown=(
        "Who was recorded in set A; of set B, what the numbers in the names mean is not written anywhere.",
        "Where on the chest: the letters at the end of the names of set B are not explained.",
        "The labels of the test recordings (52 of set A, 195 of set B).",
        "Whether a murmur is innocent.",
        "Much of the heart: some recordings last less than a second, none longer than half a minute.",
    ),
    read=read_pascal,
)
