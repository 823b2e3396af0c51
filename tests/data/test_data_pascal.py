"""The reader of PASCAL 2011: names that differ between table and file, one person with several labels."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dataset_copies import write_lines, write_pascal, write_pascal_archives, write_sound
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.pascal import plain_name
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import DataError, DatasetNotFoundError, TableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pascal(tmp_path / "pascal")
    return tmp_path / "pascal"


def read(folder: Path) -> RecordingSet:
    return read_dataset("pascal", folder, DatasetConfig())


@pytest.mark.parametrize(
    ("listed", "file"),
    [
        ("Btraining_extrastole_127_1306764300147_C2", "extrastole__127_1306764300147_C2"),
        ("Btraining_murmur_noisymurmur_162_1307101835989_B_1", "murmur_noisymurmur_162_1307101835989_B_1"),
        ("Btraining_normal_Btraining_noisynormal_101_1305030823364_B", "normal_noisynormal_101_1305030823364_B"),
        ("Bunlabelledtest_101_1305030823364_A", "Bunlabelledtest__101_1305030823364_A"),
        ("normal__201101070538", "normal__201101070538"),
        ("__201012172010", "Aunlabelledtest__201012172010"),
    ],
)
def test_tables_and_files_have_plain_names_in_common(listed: str, file: str) -> None:
    """Every way in which the published names differ."""
    assert plain_name(listed) == plain_name(file)


def test_noisy_and_clean_recordings_of_one_place_stay_apart() -> None:
    """The published table has both of person 171."""
    assert plain_name("murmur__171_1307971016233_D") != plain_name("murmur_noisymurmur_171_1307971016233_D")


def test_recordings_of_one_person_are_a_group(folder: Path) -> None:
    """In set B by the number in the name, whatever the label; in set A nobody is known."""
    patients = read(folder).patients
    assert {p: (patient.site, patient.group) for p, patient in patients.items()} == {
        "extrahls_201101070953": ("pascal-a", "pascal-a"),
        "extrastole_127_1306764300147_C2": ("pascal-b", "pascal-b-127"),
        "murmur_112_1306243000964_A": ("pascal-b", "pascal-b-112"),
        "murmur_201101051104": ("pascal-a", "pascal-a"),
        "murmur_noisymurmur_112_1306243000964_A": ("pascal-b", "pascal-b-112"),
        "normal_127_1306764300147_A": ("pascal-b", "pascal-b-127"),
        "normal_201101070538": ("pascal-a", "pascal-a"),
        "normal_noisynormal_101_1305030823364_B": ("pascal-b", "pascal-b-101"),
    }


def test_what_is_left_out_is_counted(folder: Path) -> None:
    """In one note for each table and reason."""
    findings = [(f.kind, f.subject, f.detail) for f in read(folder).findings if f.kind in ("unlabelled", "left-out")]
    assert findings == [
        (
            "unlabelled",
            "set_a.csv",
            "1 of 5 recordings have no label (the challenge's test) and are left out.",
        ),
        ("left-out", "set_a.csv", "1 of 5 recordings are artifacts without a heart sound and are left out."),
        (
            "unlabelled",
            "set_b.csv",
            "1 of 6 recordings have no label (the challenge's test) and are left out.",
        ),
    ]


def test_one_set_can_be_read_alone(folder: Path) -> None:
    """The recordings of the other are then unknown."""
    (folder / "set_a.csv").unlink()
    recordings = read(folder)
    assert {patient.site for patient in recordings.patients.values()} == {"pascal-b"}
    assert sum(f.kind == "unlisted" for f in recordings.findings) == 5
    shutil.rmtree(folder / "set_a")
    assert not any(f.is_problem for f in read(folder).findings)


@pytest.mark.parametrize(
    ("table", "line", "text"),
    [
        (
            "set_a.csv",
            "a,set_a/normal__1.wav,normel,",
            "column 'label': found 'normel', expected one of normal, murmur",
        ),
        ("set_a.csv", "a,,normal,", "column 'fname': found '', expected the name of a recording"),
        ("set_a.csv", "a,set_a/normal_201101070538.wav,normal,", "expected every recording once, but"),
        (
            "set_b.csv",
            "b,set_b/Btraining_normal_B.wav,normal,",
            "expected a name with the number of a person and a time",
        ),
    ],
)
def test_a_wrong_cell_is_named(folder: Path, table: str, line: str, text: str) -> None:
    """File, line, column, value and expectation."""
    path = folder / table
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(TableError) as caught:
        read(folder)
    assert f"{path}, line " in str(caught.value)
    assert text in str(caught.value)


def test_a_missing_column_is_named(folder: Path) -> None:
    """Copies with semicolons are about."""
    write_lines(folder / "set_a.csv", ["dataset,name,label"])
    with pytest.raises(TableError, match=r"set_a\.csv has no column 'fname'\. Did you mean 'name'\?"):
        read(folder)
    write_lines(folder / "set_a.csv", ["dataset;fname;label;sublabel"])
    with pytest.raises(TableError, match="the columns are not separated by commas"):
        read(folder)


def test_a_table_twice_is_an_error(folder: Path) -> None:
    """Both places are named."""
    shutil.copytree(folder / "set_a", folder / "copy" / "set_a")
    shutil.copy(folder / "set_a.csv", folder / "copy")
    with pytest.raises(DataError, match=r"There are 2 tables named 'set_a\.csv'"):
        read(folder)


def test_without_tables_it_is_no_data_set(folder: Path) -> None:
    """Labels are not taken from the names of files."""
    (folder / "set_a.csv").unlink()
    (folder / "set_b.csv").unlink()
    with pytest.raises(DatasetNotFoundError, match=r"set_a\.csv or set_b\.csv in .* and no recording in folders"):
        read(folder)


def test_both_layouts_tell_the_same(folder: Path, tmp_path: Path) -> None:
    """The archives of the challenge give the recordings, labels and groups of the copy with tables."""
    write_pascal_archives(tmp_path / "archives")
    with_tables, with_folders = read(folder), read(tmp_path / "archives")
    assert with_folders.patients == with_tables.patients
    left_out = [(f.kind, f.subject, f.detail[:4]) for f in with_folders.findings if "left out" in f.detail]
    assert left_out == [
        ("unlabelled", "pascal-a", "1 of"),
        ("left-out", "pascal-a", "1 of"),
        ("unlabelled", "pascal-b", "1 of"),
    ]


def test_a_folder_of_set_b_needs_the_number_of_a_person(tmp_path: Path) -> None:
    """Without it nobody knows which recordings belong together."""
    write_pascal_archives(tmp_path)
    write_sound(tmp_path / "Btraining_murmur" / "murmur.wav", rate_hz=4000)
    with pytest.raises(TableError, match=r"Btraining_murmur/murmur\.wav: found 'murmur', expected a name with the num"):
        read(tmp_path)
