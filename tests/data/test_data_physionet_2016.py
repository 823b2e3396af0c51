"""The reader of PhysioNet/CinC 2016: folders are sites, noisy records are told, contradictions are left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dataset_copies import write_lines, write_physionet_2016, write_sound
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.catalogue import read_dataset
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.errors import DatasetNotFoundError, TableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_physionet_2016(tmp_path / "challenge-2016")
    return tmp_path / "challenge-2016"


def read(folder: Path) -> RecordingSet:
    return read_dataset("physionet-2016", folder, DatasetConfig())


def of_kind(recordings: RecordingSet, kind: str) -> list[Finding]:
    return [finding for finding in recordings.findings if finding.kind == kind]


def test_a_folder_is_a_site_and_a_group(folder: Path) -> None:
    """One person can stand in several records of a folder, so that they stay together."""
    patients = read(folder).patients
    assert {p: (patient.site, patient.group) for p, patient in patients.items()} == {
        "a0001": ("training-a", "training-a"),
        "a0002": ("training-a", "training-a"),
        "a0003": ("training-a", "training-a"),
        "e00001": ("training-e", "training-e"),
        "e00002": ("training-e", "training-e"),
        "f0001": ("training-f", "training-f"),
        "f0002": ("training-f", "training-f"),
    }


def test_one_folder_can_be_read_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named from anywhere, also as the folder that one is in."""
    monkeypatch.chdir(folder / "training-e")
    recordings = read(Path())
    assert {patient.site for patient in recordings.patients.values()} == {"training-e"}
    assert [recording.path.name for recording in recordings.recordings] == ["e00001.wav", "e00002.wav"]


def test_noisy_records_are_used_with_a_note(folder: Path) -> None:
    """The note names record, file and line."""
    recordings = read(folder)
    noisy = of_kind(recordings, "noisy")
    assert [(f.subject, f.is_problem) for f in noisy] == [("a0003", False), ("e00002", False)]
    assert noisy[0].detail.startswith("training-a/REFERENCE-SQI.csv, line 3 calls it too noisy")
    assert {"a0003", "e00002"} <= recordings.patients.keys()


def test_the_copies_of_the_validation_folder_are_no_further_recordings(folder: Path) -> None:
    """They are counted in a note; alone they are no data set."""
    assert [(f.subject, f.detail) for f in of_kind(read(folder), "left-out")] == [
        ("validation/", "Its 1 recordings are copies of training records and are not used.")
    ]
    for site in ("training-a", "training-e", "training-f"):
        shutil.rmtree(folder / site)
    with pytest.raises(DatasetNotFoundError, match=r"there is no table 'REFERENCE\.csv' in or below .*but for validat"):
        read(folder)


def test_two_labels_of_one_record_leave_it_out(folder: Path) -> None:
    """Neither table is believed; both places are named."""
    write_lines(folder / "training-a" / "REFERENCE-SQI.csv", ["a0001,-1,1", "a0002,-1,1"])
    recordings = read(folder)
    assert "a0001" not in recordings.patients
    contradicting = of_kind(recordings, "contradicting")
    assert [(f.subject, f.is_problem) for f in contradicting] == [("a0001", True)]
    assert contradicting[0].detail.count("line 1") == 2
    assert of_kind(recordings, "unlisted") == []


def test_a_record_with_nothing_but_a_quality_is_not_used(folder: Path) -> None:
    """It is said to be unlisted."""
    write_lines(folder / "training-a" / "REFERENCE-SQI.csv", ["a0009,1,1"])
    write_sound(folder / "training-a" / "a0009.wav", rate_hz=2000)
    recordings = read(folder)
    assert "a0009" not in recordings.patients
    assert [f.subject for f in of_kind(recordings, "unlisted")] == ["training-a/a0009.wav", "a0009"]


@pytest.mark.parametrize(
    ("table", "lines", "text"),
    [
        ("REFERENCE.csv", ["a0001,1", "a0002,0"], "line 2, column 'label': found '0', expected -1 for normal or 1"),
        ("REFERENCE.csv", ["a0001,1", "a0001,1"], "line 2, column 'record': found 'a0001', expected every record once"),
        ("REFERENCE.csv", ["e00001,1"], "column 'record': found 'e00001', expected every record once, but"),
        ("REFERENCE.csv", [",1"], "line 1, column 'record': found '', expected the name of a record"),
        ("REFERENCE.csv", ["a0001"], "line 1: found 1 values, expected 2"),
        ("REFERENCE-SQI.csv", ["a0001,1,2"], "line 1, column 'quality': found '2', expected 0 for too noisy or 1"),
        ("REFERENCE-SQI.csv", ["a0001,1,1", "a0001,1,1"], "line 2, column 'record': found 'a0001', expected every val"),
    ],
)
def test_a_wrong_cell_is_named(folder: Path, table: str, lines: list[str], text: str) -> None:
    """File, line, column, value and expectation, although the tables have no heading."""
    write_lines(folder / "training-a" / table, lines)
    with pytest.raises(TableError) as caught:
        read(folder)
    assert text in str(caught.value)


def test_what_is_missing_comes_with_the_address(tmp_path: Path) -> None:
    """There is no download for it, so that none is offered."""
    with pytest.raises(DatasetNotFoundError) as caught:
        read(tmp_path)
    assert "https://physionet.org/content/challenge-2016/1.0.0/" in str(caught.value)
    assert "data fetch" not in str(caught.value)
