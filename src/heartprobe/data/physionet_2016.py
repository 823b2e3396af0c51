"""The reader of the heart sounds of the PhysioNet/Computing in Cardiology Challenge 2016.

Liu et al. 2016, doi:10.1088/0967-3334/37/12/2181. Every folder of recordings has a table
`REFERENCE.csv` (record, -1 normal or 1 abnormal) and mostly a table `REFERENCE-SQI.csv` (record, the
same label, quality 0 or 1), both without a heading.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path

from heartprobe.config.schema import DatasetConfig
from heartprobe.data.facts import DatasetFacts
from heartprobe.data.faults import Faults
from heartprobe.data.file_matching import match_files
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.data.release import Archive, Limits, Release, ways_out
from heartprobe.data.single_recordings import SingleRecording, nobody_known, one_patient_each
from heartprobe.data.tables import Row
from heartprobe.labels import NORMAL

NAME = "physionet-2016"

REFERENCE = "REFERENCE.csv"
QUALITY = "REFERENCE-SQI.csv"

#: The folder with copies of 301 records of the other folders.
COPIES = "validation"

_URL = "https://physionet.org/content/challenge-2016/1.0.0/"
_SOUGHT = Sought.published(NAME, _URL)
_NORMAL_VALUES = {"-1": 1, "1": 0}


@dataclass(frozen=True, slots=True)
class _Record:
    row: Row
    site: str
    normal: int | None


def read_physionet_2016(folder: Path, dataset: DatasetConfig) -> RecordingSet:  # noqa: ARG001
    """Read the training folders that are there; one or all six.

    Args:
        folder: Holds folders such as `training-a` with their tables, however deep.
        dataset: Not used: the names of tables and columns are fixed.

    Returns:
        Every listed recording that is there. One that the authors call too noisy is used, with a
        note. A record that is listed twice, or without a label or quality that can be believed, is a
        finding (`impossible`).

    Raises:
        DatasetNotFoundError: If the folder, every table, or every recording is missing.
        TableError: If a table is no text.
    """
    files = look_through(folder, _SOUGHT)
    tables = [table for table in files.tables_named(REFERENCE) if _site(table) != COPIES]
    if not tables:
        raise _SOUGHT.missing(f"there is no table {REFERENCE!r} in or below {folder} (but for {COPIES}/).")
    faults = Faults()
    records = _read_records(files, tables, faults)
    quality_tables = [table for table in files.tables_named(QUALITY) if _site(table) != COPIES]
    findings, left_out = _judge(files, records, quality_tables, faults)
    left_out |= {record for record, one in records.items() if one.normal is None}
    wanted = [record for record in records if record not in left_out]
    originals, copies = _without_copies(files)
    paths, file_findings = match_files(originals, wanted, left_out, ())
    listed = [
        SingleRecording(record, {NORMAL: records[record].normal}, records[record].site, records[record].site)
        for record in wanted
    ]
    unknown = nobody_known(
        NAME, "No table tells which records are of one person; the records of a folder are therefore kept together."
    )
    all_findings = [*faults.findings, *file_findings, *findings, *copies, unknown]
    return one_patient_each(NAME, listed, paths, all_findings, _SOUGHT)


def _site(table: Path) -> str:
    return table.resolve().parent.name


def _read_records(files: DataFolder, tables: Iterable[Path], faults: Faults) -> dict[str, _Record]:
    """Read which records there are; the label of one is `None` where it cannot be believed."""
    records: dict[str, _Record] = {}
    for table in tables:
        for row in files.read(table, faults, ["record", "label"]).rows:
            record = row["record"]
            if not record:
                row.fault("record", "the name of a record")
                continue
            if record in records:
                row.fault("record", f"every record once, but {records[record].row.place} has it too")
                continue
            if row["label"] not in _NORMAL_VALUES:
                row.fault("label", "-1 for normal or 1 for abnormal")
            records[record] = _Record(row, _site(table), _NORMAL_VALUES.get(row["label"]))
    return records


def _judge(
    files: DataFolder, records: dict[str, _Record], tables: Iterable[Path], faults: Faults
) -> tuple[list[Finding], set[str]]:
    """Read the quality of the records; one whose label is another one there is left out."""
    findings: list[Finding] = []
    left_out: set[str] = set()
    for table in tables:
        for record, row in files.read(table, faults, ["record", "label", "quality"]).by_key("record").items():
            if row["quality"] not in ("0", "1"):
                row.fault("quality", "0 for too noisy or 1 for good")
            if record not in records:
                detail = f"{row.place}: no {REFERENCE} lists the record; it is not used."
                findings.append(Finding("unlisted", record, detail))
            elif records[record].normal is not None and _NORMAL_VALUES.get(row["label"]) != records[record].normal:
                left_out.add(record)
                detail = f"The label is {row['label']!r} in {row.place}, but another in {records[record].row.place}."
                findings.append(Finding("contradicting", record, f"{detail} {record} is left out."))
            elif row["quality"] == "0":
                detail = f"{row.place} calls it too noisy to tell normal from abnormal; it is used all the same."
                findings.append(Finding("noisy", record, detail, is_problem=False))
    return findings, left_out


def _without_copies(files: DataFolder) -> tuple[DataFolder, list[Finding]]:
    originals = {
        stem: kept
        for stem, paths in files.audio.items()
        if (kept := tuple(path for path in paths if path.parent.name != COPIES))
    }
    n_copies = sum(map(len, files.audio.values())) - sum(map(len, originals.values()))
    if not n_copies:
        return files, []
    detail = f"Its {n_copies} recordings are copies of training records and are not used."
    return changed(files, audio=originals), [Finding("left-out", f"{COPIES}/", detail, is_problem=False)]


FACTS = DatasetFacts(
    title="Heart sounds of the PhysioNet/Computing in Cardiology Challenge 2016",
    url=_URL,
    licence="Open Data Commons Attribution License (ODC-By) 1.0",
    citation="Liu C, Springer D, Li Q, et al. An open access database for the evaluation of heart sound algorithms. "
    "Physiological Measurement 37(12):2181-2213, 2016",
    rates_hz=(2000,),
    # 5 to 122 s (Liu et al. 2016: "from 5 s to just over 120 s").
    duration_s=None,
    labels=(NORMAL,),
    label_meaning="-1 is a normal heart, 1 an abnormal one. Which disease an abnormal heart has is unknown, and so "
    "is every lesion, also of the normal ones.",
    people="Every record is a patient; its site and its group is its folder, such as `training-a`.",
    demographics=(),
    unknown=(
        "Who was recorded: one person can stand in several records of a folder.",
        "The disease: in some folders it is one of the valves, in others of the coronary arteries.",
        "Where on the chest, and in which posture.",
        "What tells the folders apart beside the hearts: sensor, room and the share of abnormals differ.",
    ),
    read=read_physionet_2016,
    release=Release(
        title="PhysioNet/CinC 2016",
        version="1.0.0",
        # The second address is the copy of PhysioNet's open data sets at Amazon. Not tried: see docs/download.md.
        addresses=(
            "https://physionet.org/files/challenge-2016/1.0.0/",
            "https://physionet-open.s3.amazonaws.com/challenge-2016/1.0.0/",
        ),
        # Not the electrocardiograms of training-a (.dat), the headers, or lists of what the tables say, too.
        files=(Archive("training.zip", kept=("*.wav", "reference.csv", "reference-sqi.csv")),),
        terms="PhysioNet/CinC 2016: Liu et al. 2016, doi:10.1088/0967-3334/37/12/2181. Open Data Commons Attribution "
        "License 1.0: name the source wherever you use it.",
        ways_out=ways_out(_URL),
        # An archive of 181 MB, and 20 hours at 2000 Hz and 16 bit.
        n_bytes=500_000_000,
        limits=Limits(entries=20_000),
        sums="https://physionet.org/files/challenge-2016/1.0.0/SHA256SUMS.txt",
    ),
)
