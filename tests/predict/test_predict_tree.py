"""Finding recordings below folders, and whose they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.errors import ConfigError
from heartprobe.predict.tree import SUFFIXES, Tree, position_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "P2_sup_Mit.wav",
        "P10.ogg",
        "P2_sit_Aor.FLAC",
        "P2x.mp3",
        "read.me",
        "b/sup_Mit.wav",
        "b/sit_Tri.wav",
        "a/P2_sup_Mit.wav",
        ".hidden/x.wav",
        "a/.x.wav",
    ):
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "archive"


def grouped(tree: Tree) -> dict[str, list[str]]:
    return {one.patient_id: [recording.name for recording in one.recordings] for one in tree.patients()}


def test_by_name(folder: Path) -> None:
    """Names that differ in the position alone are of one patient, and those that are a position are the folder's."""
    tree = Tree([folder])
    assert grouped(tree) == {
        "P10": ["P10.ogg"],
        "P2": ["P2_sit_Aor.FLAC", "P2_sup_Mit.wav"],
        "P2x": ["P2x.mp3"],
        "a/P2": ["a/P2_sup_Mit.wav"],
        "b": ["b/sit_Tri.wav", "b/sup_Mit.wav"],
    }
    assert dict(tree.passed_over) == {".me": 1}
    assert tree.n_recordings() == 7


def test_by_folder_and_by_file(folder: Path) -> None:
    assert {owner: len(names) for owner, names in grouped(Tree([folder], "folder")).items()} == {".": 4, "a": 1, "b": 2}
    assert all([owner] == names for owner, names in grouped(Tree([folder], "file")).items())


def test_several_places_keep_their_names(folder: Path) -> None:
    """A file that is named is taken whatever it is called, and need not exist."""
    found = grouped(Tree([folder / "a", folder / "read.me", folder / "no_sup_Mit.wav"]))
    assert found == {
        str(folder / "no"): [str(folder / "no_sup_Mit.wav")],
        str(folder / "read"): [str(folder / "read.me")],
        str(folder / "a/P2"): [str(folder / "a/P2_sup_Mit.wav")],
    }


def test_positions_in_names() -> None:
    assert str(position_in(Path("x/P1_sup_Mit.wav"))) == "sup_Mit"
    assert str(position_in(Path("x/sit_Tri.wav"))) == "sit_Tri"
    assert position_in(Path("sup_Mit/x.wav")) is None


def test_unknown_grouping_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="--group-by person: expected name, folder, file"):
        Tree([folder], "person")  # type: ignore[arg-type]


def test_endings_are_small_letters() -> None:
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)
