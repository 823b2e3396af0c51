"""The reader of Yaseen 2018: a folder is a class."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dataset_copies import write_sound, write_yaseen
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.yaseen import CLASSES, read_yaseen
from heartprobe.errors import DatasetNotFoundError


def read(folder: Path) -> RecordingSet:
    return read_yaseen(folder, DatasetConfig())


@pytest.mark.parametrize("pattern", ["{}", "{}_New_3주기", "{}_New_3주기/{}_New_3주기", "{}_New_3주기/audio"])
def test_folders_may_be_called_as_published_or_by_the_class_alone(tmp_path: Path, pattern: str) -> None:
    """Archives that were unpacked into a folder of their name are one level deeper."""
    for name in CLASSES:
        write_sound(tmp_path / pattern.format(name, name) / f"New_{name}_001.wav", rate_hz=8000)
    patients = read(tmp_path).patients
    assert {p: patient.labels for p, patient in patients.items()} == {
        f"New_{name}_001": labels for name, labels in CLASSES.items()
    }


def test_nothing_is_known_of_regurgitation_beside_prolapse() -> None:
    """Either may come with the other; everything else is excluded by the class."""
    unknown = {(name, label) for name, labels in CLASSES.items() for label, value in labels.items() if value is None}
    assert unknown == {("MR", "MVP"), ("MVP", "MR")}


def test_all_recordings_are_one_group(tmp_path: Path) -> None:
    """One person can stand in any number of them."""
    write_yaseen(tmp_path)
    assert {(patient.site, patient.group) for patient in read(tmp_path).patients.values()} == {("yaseen", "yaseen")}


def test_a_file_in_the_wrong_folder_is_left_out(tmp_path: Path) -> None:
    """Neither the folder nor the name is believed."""
    write_yaseen(tmp_path)
    (tmp_path / "AS_New_3주기" / "New_AS_001.wav").rename(tmp_path / "MS_New_3주기" / "New_AS_001.wav")
    recordings = read(tmp_path)
    assert "New_AS_001" not in recordings.patients
    problems = [(f.kind, f.subject, f.detail) for f in recordings.findings if f.is_problem]
    assert problems == [
        (
            "contradicting",
            "New_AS_001",
            "MS_New_3주기/New_AS_001.wav lies in a folder of MS, but its name says AS. It is left out.",
        )
    ]


def test_two_copies_are_not_used(tmp_path: Path) -> None:
    """Filtered recordings beside the raw ones have the same names."""
    write_yaseen(tmp_path / "raw")
    shutil.copytree(tmp_path / "raw" / "N_New_3주기", tmp_path / "filtered" / "N_New_3주기")
    recordings = read(tmp_path)
    assert [f.subject for f in recordings.findings if f.kind == "ambiguous"] == ["New_N_001", "New_N_002"]
    assert len(recordings.recordings) == 8


def test_other_folders_are_no_classes(tmp_path: Path) -> None:
    """A name that only begins like a class is none."""
    write_yaseen(tmp_path)
    write_sound(tmp_path / "ASD" / "New_ASD_001.wav", rate_hz=8000)
    write_sound(tmp_path / "New_N_003.wav", rate_hz=8000)
    recordings = read(tmp_path)
    assert [f.subject for f in recordings.findings if f.kind == "unlisted"] == ["ASD/New_ASD_001.wav", "New_N_003.wav"]
    assert len(recordings.recordings) == 10


def test_without_class_folders_it_is_no_data_set(tmp_path: Path) -> None:
    """The message names the folders that are looked for."""
    write_sound(tmp_path / "New_N_003.wav", rate_hz=8000)
    with pytest.raises(DatasetNotFoundError, match="no recordings in folders called N, AS, MR, MS, MVP in or below"):
        read(tmp_path)
