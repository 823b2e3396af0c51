"""The reader of one's own recordings: a table, or class folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataset_copies import write_lines, write_own_classes, write_own_table, write_sound
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.own_table import COLUMNS, PATIENT, RECORDING
from heartprobe.data.recordings import Demographics, Patient, Position, RecordingSet
from heartprobe.errors import ConfigError, DatasetNotFoundError, TableError

HEADING = "recording,patient_id,N,AS"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "clinic"


def read(folder: Path, **settings: object) -> RecordingSet:
    return read_dataset("folder", folder, DatasetConfig().model_copy(update=settings))


def write_table(folder: Path, *lines: str) -> Path:
    """Write a table and a sound for every line."""
    for line in lines:
        write_sound(folder / f"{line.split(',')[0]}.wav", rate_hz=4000)
    return write_lines(folder / "train.csv", [HEADING, *lines])


def test_everything_in_the_table_is_read(folder: Path) -> None:
    """Labels, demographics, position, posture, site and group."""
    write_own_table(folder)
    recordings = read(folder)
    assert recordings.patients["anna"] == Patient(
        "anna", {"N": 1, "AS": 0, "MR": 0}, Demographics(31.0, "F", False, "U"), site="north", group=None
    )
    assert recordings.patients["ben"] == Patient(
        "ben", {"N": 0, "AS": 1, "MR": None}, Demographics(64.5, "M", None, "R"), site="south", group="family"
    )
    assert [(r.recording_id, r.patient_id, r.path.name, r.position) for r in recordings.recordings] == [
        ("anna/1", "anna", "1.wav", Position("sit", "Mit")),
        ("anna/2", "anna", "2.wav", Position(None, "Aor")),
        ("ben/1", "ben", "1.flac", None),
        ("carl/1", "carl", "1.wav", None),
    ]


def test_two_columns_and_a_label_are_enough(folder: Path) -> None:
    """What there is no column for is unknown; the site is then that of all."""
    write_lines(folder / "train.csv", ["recording,patient_id,MS", "a,p1,1", "b,p2,0"])
    for name in "ab":
        write_sound(folder / f"{name}.wav", rate_hz=500)
    assert read(folder).patients == {
        "p1": Patient("p1", {"MS": 1}, site="folder"),
        "p2": Patient("p2", {"MS": 0}, site="folder"),
    }


def test_paths_are_as_seen_from_the_table(folder: Path) -> None:
    """The table may lie beside the folder of the recordings, and under another name."""
    write_lines(folder / "tables" / "mine.csv", [HEADING, "../audio/a.wav,p1,1,0", "./b,p2,0,1"])
    write_sound(folder / "audio" / "a.wav", rate_hz=4000)
    write_sound(folder / "tables" / "b.wav", rate_hz=4000)
    recordings = read(folder, train_csv="mine.csv")
    assert [r.recording_id for r in recordings.recordings] == ["../audio/a", "b"]
    assert recordings.findings == ()


def test_further_labels_are_those_of_the_settings(folder: Path) -> None:
    """Another column is not used, which is told with the closest one that would be."""
    write_lines(folder / "train.csv", ["recording,patient_id,N,TR,Sex", "a,p1,0,1,F"])
    write_sound(folder / "a.wav", rate_hz=4000)
    recordings = read(folder, disease_classes=("N", "TR"))
    assert recordings.patients["p1"].labels == {"N": 0, "TR": 1}
    recordings = read(folder)
    assert recordings.patients["p1"].labels == {"N": 0}
    unused = [f for f in recordings.findings if f.kind == "unused-column"]
    assert [f.subject for f in unused] == ["TR", "Sex"]
    assert "Did you mean 'sex'?" in unused[1].detail


def test_contradicting_labels_leave_the_patient_out(folder: Path) -> None:
    """A normal heart has no lesion; an abnormal one may have another than those of the table."""
    write_table(folder, "a,p1,1,1", "b,p2,0,0", "c,p3,1,0")
    recordings = read(folder)
    assert list(recordings.patients) == ["p2", "p3"]
    assert [(f.kind, f.subject, f.is_problem) for f in recordings.findings] == [("contradicting", "p1", True)]
    assert "line 2: N is 1 (a normal heart) although AS is 1. p1 is left out." in recordings.findings[0].detail


@pytest.mark.parametrize(
    ("heading", "line", "text"),
    [
        (HEADING, "b,p2,2,0", "line 3, column 'N': found '2', expected 0 or 1, or nothing where it is unknown."),
        (HEADING, "b,,1,0", "line 3, column 'patient_id': found '', expected a value in every line."),
        (HEADING, ",p2,1,0", "line 3, column 'recording': found '', expected the path of a recording."),
        (HEADING, "a.flac,p2,1,0", "line 3, column 'recording': found 'a.flac', expected every recording once, but"),
        (HEADING, "b,p1,0,0", "line 3, column 'patient_id': found 'p1', expected the same labels, demographics, site"),
        (f"{HEADING},age", "b,p2,1,0,old", "line 3, column 'age': found 'old', expected years from 0 to 120"),
        (f"{HEADING},sex", "b,p2,1,0,W", "line 3, column 'sex': found 'W', expected M or F"),
        (f"{HEADING},smoker", "b,p2,1,0,no", "line 3, column 'smoker': found 'no', expected 0 or 1"),
        (f"{HEADING},lives", "b,p2,1,0,T", "line 3, column 'lives': found 'T', expected U or R"),
        (
            f"{HEADING},position",
            "b,p2,1,0,Apex",
            "line 3, column 'position': found 'Apex', expected Mit, Tri, Pul, Aor",
        ),
        (f"{HEADING},posture", "b,p2,1,0,sit", "line 3, column 'posture': found 'sit', expected a position beside it"),
        (f"{HEADING},posture", "b,p2,1,0,lie", "line 3, column 'posture': found 'lie', expected sup or sit"),
    ],
)
def test_a_wrong_cell_is_named(folder: Path, heading: str, line: str, text: str) -> None:
    """File, line, column, value and expectation."""
    first = "a,p1,1,0" + "," * (heading.count(",") - HEADING.count(","))
    write_lines(folder / "train.csv", [heading, first, line])
    with pytest.raises(TableError) as caught:
        read(folder)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("heading", "settings", "text"),
    [
        ("recordings,patient_id,N", {}, r"has no column 'recording'\. Did you mean 'recordings'\?"),
        ("recording,patient,N", {}, r"has no column 'patient_id'"),
        ("recording,patient_id,normal", {}, "has no column with a label; expected one or more of N, AS, AR, MR, MS"),
        (HEADING, {"demographics": ("age",)}, "has no column 'age'"),
    ],
)
def test_a_missing_column_is_named(folder: Path, heading: str, settings: dict[str, object], text: str) -> None:
    """Those that the settings use must be there."""
    write_lines(folder / "train.csv", [heading])
    with pytest.raises(TableError, match=text):
        read(folder, **settings)


def test_a_patient_without_sound_is_found(folder: Path) -> None:
    """Beside the missing recording."""
    write_table(folder, "a,p1,1,0", "b,p2,0,1")
    (folder / "b.wav").unlink()
    assert [(f.kind, f.subject) for f in read(folder).findings] == [("missing", "b"), ("missing", "p2")]


def test_class_folders_say_what_they_are_called(folder: Path) -> None:
    """In any capitals and at any depth; of a lesion that is no folder's nothing is known."""
    for name in ("N", "ms/2024", "MR", "Abnormal"):
        write_sound(folder / name / "1.wav", rate_hz=4000)
    assert {p: patient.labels for p, patient in read(folder).patients.items()} == {
        "Abnormal/1": {"N": 0, "MR": None, "MS": None},
        "MR/1": {"N": 0, "MR": 1, "MS": None},
        "N/1": {"N": 1, "MR": 0, "MS": 0},
        "ms/2024/1": {"N": 0, "MR": None, "MS": 1},
    }


def test_class_folders_of_normal_and_abnormal_know_no_lesion(folder: Path) -> None:
    """Not even that the normals have none: they would be negatives without positives."""
    for name in ("normal", "abnormal"):
        write_sound(folder / name / "1.wav", rate_hz=4000)
    assert {p: patient.labels for p, patient in read(folder).patients.items()} == {
        "abnormal/1": {"N": 0},
        "normal/1": {"N": 1},
    }


def test_class_folders_do_not_know_people_and_say_so(folder: Path) -> None:
    """Nobody is grouped, because the recordings may well be of different people."""
    write_own_classes(folder)
    recordings = read(folder)
    assert {patient.group for patient in recordings.patients.values()} == {None}
    assert "Where one person has several, results are too good" in recordings.findings[-1].detail


def test_a_table_of_another_name_is_not_passed_over(folder: Path) -> None:
    """Class folders are used only where there is no table at all."""
    write_own_classes(folder)
    write_lines(folder / "trian.csv", [HEADING])
    with pytest.raises(DatasetNotFoundError) as caught:
        read(folder)
    assert "there is no table 'train.csv'" in str(caught.value)
    assert "but trian.csv. Did you mean 'trian.csv'? Set dataset.train_csv" in str(caught.value)


def test_class_folders_have_no_demographics(folder: Path) -> None:
    """Asking for them is an error."""
    write_own_classes(folder)
    with pytest.raises(ConfigError, match=r"dataset\.demographics names 'age', but class folders have none"):
        read(folder, demographics=("age",))


def test_an_empty_folder_names_both_ways(folder: Path) -> None:
    """A table or class folders."""
    folder.mkdir()
    with pytest.raises(
        DatasetNotFoundError, match=r"named by dataset\.train_csv.*folders called normal, abnormal, n, as"
    ):
        read(folder)


def test_every_column_is_documented() -> None:
    """In the words of the code."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "data-sets.md").read_text()
    for column, meaning in COLUMNS.items():
        assert f"| `{column}` | {'yes' if column in (RECORDING, PATIENT) else 'no'} | {meaning} |" in page
