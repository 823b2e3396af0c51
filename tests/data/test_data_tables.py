"""Tables are read with the place of every cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.data.tables import read_table
from heartprobe.errors import DataError, TableError


def table_of(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_cells_are_trimmed_and_know_their_line(tmp_path: Path) -> None:
    """A blank line does not shift the numbers of the lines after it."""
    table = read_table(table_of(tmp_path, "id,x\n a , 1 \n\n,\nb,2\n"))
    assert table.columns == ("id", "x")
    assert [(row.line, row["id"], row["x"]) for row in table.rows] == [(2, "a", "1"), (5, "b", "2")]


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_windows_tables_are_read(tmp_path: Path, newline: str) -> None:
    """A byte-order mark and Windows line ends are no part of the values."""
    table = read_table(table_of(tmp_path, b"\xef\xbb\xbfid,x" + newline.encode() + b"a,1" + newline.encode()))
    assert table.columns == ("id", "x")
    assert table.rows[0].cells == {"id": "a", "x": "1"}


def test_an_error_names_file_line_column_and_value(tmp_path: Path) -> None:
    """Whoever reads the message can find the cell."""
    path = table_of(tmp_path, "id,x\na,7\n")
    error = read_table(path).rows[0].error("x", "0 or 1")
    assert str(error) == f"{path}, line 2, column 'x': found '7', expected 0 or 1."


def test_a_long_value_is_not_repeated_in_full(tmp_path: Path) -> None:
    """A message stays one sentence whatever stands in the cell."""
    error = read_table(table_of(tmp_path, "id,x\na," + "z" * 5000 + "\n")).rows[0].error("x", "0 or 1")
    assert "z" * 40 + "...'" in str(error)
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "is empty; its first line must name the columns"),
        ("\n,,\n", "is empty"),
        ("id,x\na\n", "line 2: found 1 values, expected 2"),
        ("id,x\na,1,2\n", "line 2: found 3 values, expected 2"),
        ("id,x,x\na,1,2\n", "two columns are called 'x'"),
        ("id;x\na;1\n", "the columns are not separated by commas"),
        (b"id,x\n\xff\xfe,1\n", "not a text table in UTF-8"),
        (b"PK\x03\x04\x00\x9c\x81", "not a text table in UTF-8"),
        ('id,x\n"a,1\n', "not a table of comma-separated values"),
        ("id,x\na," + "z" * 200_000, "not a table of comma-separated values"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: str | bytes, text: str) -> None:
    """Broken tables end in one sentence that names the file."""
    path = table_of(tmp_path, content)
    with pytest.raises(TableError) as caught:
        read_table(path)
    assert str(path) in str(caught.value)
    assert text in str(caught.value)


def test_a_table_that_cannot_be_opened_is_a_data_error(tmp_path: Path) -> None:
    """The operating system's reason is passed on."""
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        read_table(tmp_path / "none.csv")


def test_a_missing_column_is_named_with_the_closest_one(tmp_path: Path) -> None:
    """A different spelling is found."""
    table = read_table(table_of(tmp_path, "Patient-ID,x\na,1\n"))
    with pytest.raises(TableError, match=r"has no column 'patient_id'. Did you mean 'Patient-ID'\? The columns are"):
        table.require(["x", "patient_id"])


def test_keys_must_be_given_and_unique(tmp_path: Path) -> None:
    """A repeated key names both lines."""
    assert list(read_table(table_of(tmp_path, "id,x\nb,1\na,1\n")).by_key("id")) == ["b", "a"]
    with pytest.raises(TableError, match=r"line 4, column 'id': found 'a', expected every value once, but line 2"):
        read_table(table_of(tmp_path, "id,x\na,1\nb,1\na,1\n")).by_key("id")
    with pytest.raises(TableError, match=r"line 3, column 'id': found '', expected a value in every line"):
        read_table(table_of(tmp_path, "id,x\na,1\n,1\n")).by_key("id")
