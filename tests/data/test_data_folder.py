"""Tables and recordings are found wherever they lie, and nothing else is opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from heartprobe.data.folder import Sought, look_through
from heartprobe.errors import ConfigError, DataError, DatasetNotFoundError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_everything_is_found_however_deep(tmp_path: Path) -> None:
    """Suffixes may be upper case; other files do not matter."""
    touch(tmp_path, "a/b/train.csv", "a/audio_files/x.wav", "c/Y.FLAC", "c/notes.txt", "c/z.mp3")
    found = look_through(tmp_path, Sought("It"))
    assert found.tables == (tmp_path / "a/b/train.csv",)
    assert found.audio == {"x": (tmp_path / "a/audio_files/x.wav",), "Y": (tmp_path / "c/Y.FLAC",)}


def test_hidden_files_and_resource_forks_are_left_out(tmp_path: Path) -> None:
    """What macOS adds to an archive is no recording."""
    touch(tmp_path, "x.wav", "._x.wav", "__MACOSX/train/x.wav", ".trash/x.wav")
    assert look_through(tmp_path, Sought("It")).audio == {"x": (tmp_path / "x.wav",)}


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    """Recordings may lie on another disk; a link that leads back does not lead round for ever."""
    data = tmp_path / "data"
    touch(tmp_path, "elsewhere/x.wav")
    data.mkdir()
    (data / "train").symlink_to(tmp_path / "elsewhere")
    (data / "again").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(data)
    (data / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    assert look_through(data, Sought("It")).audio == {"x": (data / "again" / "x.wav",)}


def test_a_table_may_be_named_with_its_folder(tmp_path: Path) -> None:
    """Where two tables have one name, the end of the path tells them apart."""
    touch(tmp_path, "old/train.csv", "new/train.csv")
    found = look_through(tmp_path, Sought("It"))
    assert found.find_table("new/train.csv", "dataset.train_csv") == tmp_path / "new/train.csv"
    assert found.find_table("test.csv", "dataset.train_csv") is None
    with pytest.raises(DataError, match=r"There are 2 tables named 'train.csv' below .*new/train.csv, .*old/train.csv"):
        found.find_table("train.csv", "dataset.train_csv")


def test_only_csv_files_are_tables(tmp_path: Path) -> None:
    """A spreadsheet is not opened even when a setting names it."""
    touch(tmp_path, "eco.xlsx")
    found = look_through(tmp_path, Sought("It"))
    assert found.tables == ()
    with pytest.raises(ConfigError, match=r"dataset.metadata_csv is 'eco.xlsx', but a table is a .csv file"):
        found.find_table("eco.xlsx", "dataset.metadata_csv")


def test_any_file_name_can_be_shown(tmp_path: Path) -> None:
    """A name that is not UTF-8 would end printing in an error."""
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    file.write_bytes(b"")
    found = look_through(tmp_path, Sought("It"))
    assert [found.relative(path) for paths in found.audio.values() for path in paths] == ["caf\\xe9.wav"]


def test_a_missing_folder_names_what_where_and_the_ways_out(tmp_path: Path) -> None:
    """The sentence is enough to go on."""
    (tmp_path / "BMD-HS").mkdir()
    with pytest.raises(DatasetNotFoundError) as caught:
        look_through(tmp_path / "BMD_HS", Sought("The data set 'bmd-hs'"))
    assert str(caught.value) == (
        f"The data set 'bmd-hs' was not found: {tmp_path}/BMD_HS does not exist. Did you mean 'BMD-HS'? "
        "Give the folder that holds it with --data-dir or --data, download it with `heartprobe data fetch bmd-hs`, "
        "or make synthetic patients with `heartprobe data synth DIR`."
    )


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    """An archive given in place of a folder is called by its name."""
    touch(tmp_path, "main.zip")
    with pytest.raises(DatasetNotFoundError, match=r"main\.zip is not a folder\."):
        look_through(tmp_path / "main.zip", Sought("It"))
