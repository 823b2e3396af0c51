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
from heartprobe.data.file_matching import match_files
from heartprobe.data.folder import DataFolder, Sought, look_through
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.data.single_recordings import SingleRecording, nobody_known, one_patient_each
from heartprobe.data.tables import Row, read_table
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
    normal: int


def read_physionet_2016(folder: Path, dataset: DatasetConfig) -> RecordingSet:  # noqa: ARG001
    """Read the training folders that are there; one or all six.

    Args:
        folder: Holds folders such as `training-a` with their tables, however deep.
        dataset: Not used: the names of tables and columns are fixed.

    Returns:
        Every listed recording that is there. One that the authors call too noisy is used, with a note.

    Raises:
        DatasetNotFoundError: If the folder, every table, or every recording is missing.
        TableError: If a cell of a table cannot be believed, or a record is listed twice.
    """
    files = look_through(folder, _SOUGHT)
    tables = [table for table in files.tables_named(REFERENCE) if _site(table) != COPIES]
    if not tables:
        raise _SOUGHT.missing(f"there is no table {REFERENCE!r} in or below {folder} (but for {COPIES}/).")
    records = _read_records(tables)
    quality_tables = [table for table in files.tables_named(QUALITY) if _site(table) != COPIES]
    findings, left_out = _judge(records, quality_tables)
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
    return one_patient_each(NAME, listed, paths, [*file_findings, *findings, *copies, unknown], _SOUGHT)


def _site(table: Path) -> str:
    return table.resolve().parent.name


def _read_records(tables: Iterable[Path]) -> dict[str, _Record]:
    records: dict[str, _Record] = {}
    for table in tables:
        for row in read_table(table, ["record", "label"]).rows:
            record = row["record"]
            if not record:
                raise row.error("record", "the name of a record")
            if record in records:
                raise row.error("record", f"every record once, but {records[record].row.place} has it too")
            if row["label"] not in _NORMAL_VALUES:
                raise row.error("label", "-1 for normal or 1 for abnormal")
            records[record] = _Record(row, _site(table), _NORMAL_VALUES[row["label"]])
    return records


def _judge(records: dict[str, _Record], tables: Iterable[Path]) -> tuple[list[Finding], set[str]]:
    """Read the quality of the records; one whose label is another one there is left out."""
    findings: list[Finding] = []
    left_out: set[str] = set()
    for table in tables:
        for record, row in read_table(table, ["record", "label", "quality"]).by_key("record").items():
            if row["quality"] not in ("0", "1"):
                raise row.error("quality", "0 for too noisy or 1 for good")
            if record not in records:
                detail = f"{row.place}: no {REFERENCE} lists the record; it is not used."
                findings.append(Finding("unlisted", record, detail))
            elif _NORMAL_VALUES.get(row["label"]) != records[record].normal:
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
)
