"""The reader of the PASCAL Classifying Heart Sounds Challenge 2011, sets A and B.

There are two layouts. The challenge's own archives hold sounds without a table; the class of a
recording is the folder that its archive unpacks to (`heartprobe.data.pascal_archives`). The copy at
https://www.kaggle.com/datasets/kinguistics/heartbeat-sounds has the tables `set_a.csv` and `set_b.csv`
(dataset, fname, label, sublabel) beside the folders `set_a` and `set_b`. Recordings have the same
names, labels and groups in both.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.extra_labels import MURMUR
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.faults import Faults
from heartprobe.data.file_matching import match_files
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.pascal_archives import ARCHIVE_FOLDERS, ARCHIVES, list_archives
from heartprobe.data.pascal_listing import ARTIFACT, CLASSES, SITE_A, SITE_B, Listing, group_of
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.release import Archive, Release, ways_out
from heartprobe.data.single_recordings import nobody_known, one_patient_each
from heartprobe.data.tables import Table
from heartprobe.labels import NORMAL

NAME = "pascal"

#: Site of each table's recordings.
TABLES = {"set_a.csv": SITE_A, "set_b.csv": SITE_B}

_URL = "http://www.peterjbentley.com/heartchallenge/"
_SOUGHT = Sought.published(NAME, _URL)


def read_pascal(folder: Path, dataset: DatasetConfig) -> RecordingSet:  # noqa: ARG001
    """Read the sets that are there; A, B or both.

    Args:
        folder: Holds the tables and the recordings, or the unpacked archives, however deep.
        dataset: Not used: the names of tables, columns and folders are fixed.

    Returns:
        Every recording of a class in which a heart can be heard. Unlabelled recordings and
        artifacts are left out with a note for each set. A cell that cannot be believed is a finding
        (`impossible`).

    Raises:
        DatasetNotFoundError: If the folder, both tables and every class folder, or every recording is
            missing.
        DataError: If a table is there more than once.
        TableError: If a table lacks a column.
    """
    files = look_through(folder, _SOUGHT)
    tables = {name: table for name in TABLES if (table := files.find_table(name, "the table")) is not None}
    faults = Faults()
    listing = Listing()
    if tables:
        for name, table in tables.items():
            _list_table(files.read(table, faults), TABLES[name], listing)
        by_name = _by_plain_name(files)
    else:
        by_name = list_archives(files, listing, faults)
    if not (tables or listing.names):
        raise _SOUGHT.missing(
            f"there is no table {' or '.join(TABLES)} in or below {folder}, and no recording in folders such as "
            f"{next(iter(ARCHIVE_FOLDERS))}."
        )
    wanted = [one.recording_id for one in listing.recordings]
    paths, file_findings = match_files(by_name, wanted, listing.left_out, ())
    unknown = nobody_known(
        NAME,
        "No table tells who was recorded: the recordings of set A are kept together, those of set B by the number in "
        "their names.",
    )
    findings = [*faults.findings, *file_findings, *listing.findings, unknown]
    return one_patient_each(NAME, listing.recordings, paths, findings, _SOUGHT)


def plain_name(stem: str) -> str:
    """Return the name that a table and a file have in common.

    The table calls `murmur__112_1306243000964_A.wav` `Btraining_murmur_112_1306243000964_A.wav`, and
    `Aunlabelledtest__201012172010.wav` `__201012172010.wav`.
    """
    name = re.sub(r"_+", "_", re.sub(r"[AB]training_", "", stem))
    return f"Aunlabelledtest{name}" if name.startswith("_") else name


def _by_plain_name(files: DataFolder) -> DataFolder:
    return files.renamed((plain_name(stem), path) for stem, paths in files.audio.items() for path in paths)


def _list_table(table: Table, site: str, listing: Listing) -> None:
    table.require(["fname", "label"])
    lines: dict[str, int] = {}
    for row in table.rows:
        recording_id = plain_name(PurePosixPath(row["fname"]).stem)
        if not row["fname"]:
            row.fault("fname", "the name of a recording")
            continue
        if recording_id in listing.names:
            where = f"line {lines[recording_id]}" if recording_id in lines else "the other table"
            row.fault("fname", f"every recording once, but {where} has it too")
            continue
        lines[recording_id] = row.line
        label = row["label"]
        if label not in ("", ARTIFACT, *CLASSES):
            row.fault("label", f"one of {', '.join([*CLASSES, ARTIFACT])}, or nothing where it is unknown")
            label = ""
        if label in CLASSES and group_of(recording_id, site) is None:
            row.fault("fname", "a name with the number of a person and a time, such as ..._127_1306764300147_C2.wav")
        sublabel = row.cells.get("sublabel", "")
        noise = f"{row.place} calls it {sublabel}" if sublabel.startswith("noisy") else None
        listing.add(recording_id, site, label, noise=noise)
    listing.note_left_out(table.path.name, lines)


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
    release=Release(
        title="PASCAL 2011",
        version="2011",
        addresses=(
            "http://www.peterjbentley.com/heartchallenge/wav/",
            "http://istethoscope.peterjbentley.com/heartchallenge/wav/",
        ),
        files=tuple(Archive(f"{name}.zip", into=name) for name in ARCHIVES),
        terms="PASCAL 2011: Bentley, Nordehn, Coimbra, Mannor 2011, http://www.peterjbentley.com/heartchallenge/. The "
        "challenge states no licence: ask its authors before you pass anything on.",
        ways_out=ways_out(_URL),
        n_bytes=200_000_000,
    ),
)
