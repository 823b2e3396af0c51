"""Files are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.atomic import replacing, write_bytes, write_text


def test_a_text_is_written_as_it_is(tmp_path: Path) -> None:
    """UTF-8, line ends untouched, folders made, nothing beside it."""
    write_text(tmp_path / "a" / "b" / "t.csv", "é\r\nx\n")
    assert (tmp_path / "a" / "b" / "t.csv").read_bytes() == b"\xc3\xa9\r\nx\n"
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["t.csv"]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """Whatever lay there."""
    for content in (b"old", b"new"):
        write_bytes(tmp_path / "f", content)
    assert (tmp_path / "f").read_bytes() == b"new"


def test_until_the_end_the_old_file_is_there(tmp_path: Path) -> None:
    """Nobody ever reads half a file."""
    (tmp_path / "f").write_text("old")
    with replacing(tmp_path / "f") as unfinished:
        unfinished.write_text("ne")
        assert (tmp_path / "f").read_text() == "old"
        unfinished.write_text("new")
    assert (tmp_path / "f").read_text() == "new"


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    """Neither half a file nor a temporary one."""
    (tmp_path / "f").write_text("old")

    def interrupted() -> None:
        with replacing(tmp_path / "f") as unfinished:
            unfinished.write_text("ne")
            raise error

    with pytest.raises(error):
        interrupted()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"f": "old"}


def test_unfinished_files_can_lie_in_a_workshop(tmp_path: Path) -> None:
    """Where many processes write, what killed ones left is found in one place."""
    with replacing(tmp_path / "store" / "f", workshop=tmp_path / "unfinished") as unfinished:
        unfinished.write_text("new")
        assert list((tmp_path / "unfinished").iterdir()) == [unfinished]
    assert list((tmp_path / "unfinished").iterdir()) == []
    assert (tmp_path / "store" / "f").read_text() == "new"
