"""Tables are read with the place of every cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.data.faults import Faults
from heartprobe.data.recordings import Finding
from heartprobe.data.tables import Table, read_table
from heartprobe.errors import DataError, TableError


def table_of(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, faults: Faults | None = None) -> Table:
    return read_table(path, "below/t.csv", faults or Faults())


def test_cells_are_trimmed_and_know_their_line(tmp_path: Path) -> None:
    """A blank line does not shift the numbers of the lines after it."""
    table = read(table_of(tmp_path, "id,x\n a , 1 \n\n,\nb,2\n"))
    assert table.columns == ("id", "x")
    assert [(row.line, row["id"], row["x"]) for row in table.rows] == [(2, "a", "1"), (5, "b", "2")]


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_windows_tables_are_read(tmp_path: Path, newline: str) -> None:
    """A byte-order mark and Windows line ends are no part of the values."""
    table = read(table_of(tmp_path, b"\xef\xbb\xbfid,x" + newline.encode() + b"a,1" + newline.encode()))
    assert table.columns == ("id", "x")
    assert table.rows[0].cells == {"id": "a", "x": "1"}


def test_a_fault_names_file_line_column_and_value(tmp_path: Path) -> None:
    """Whoever reads the message can find the cell, and the table by the name that was given."""
    faults = Faults()
    read(table_of(tmp_path, "id,x\na,7\n"), faults).rows[0].fault("x", "0 or 1")
    assert faults.findings == [
        Finding("impossible", "below/t.csv, line 2, column 'x'", "found '7', expected 0 or 1.", is_problem=True)
    ]


def test_lines_of_another_length_are_faults_and_the_others_are_read(tmp_path: Path) -> None:
    """One value for every column; empty ones beyond the last column mean nothing."""
    faults = Faults()
    table = read(table_of(tmp_path, "id,x\na\nb,1,2\nc,1,,\n"), faults)
    assert [row["id"] for row in table.rows] == ["c"]
    assert [(f.subject, f.detail) for f in faults.findings] == [
        ("below/t.csv, line 2", "found 1 values, expected 2, one for every column."),
        ("below/t.csv, line 3", "found 3 values, expected 2, one for every column."),
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "is empty; its first line must name the columns"),
        ("\n,,\n", "is empty"),
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
        read(path)
    assert str(path) in str(caught.value)
    assert text in str(caught.value)


def test_a_table_that_cannot_be_opened_is_a_data_error(tmp_path: Path) -> None:
    """The operating system's reason is passed on."""
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        read(tmp_path / "none.csv")


def test_a_missing_column_is_named_with_the_closest_one(tmp_path: Path) -> None:
    """A different spelling is found."""
    table = read(table_of(tmp_path, "Patient-ID,x\na,1\n"))
    with pytest.raises(TableError, match=r"has no column 'patient_id'. Did you mean 'Patient-ID'\? The columns are"):
        table.require(["x", "patient_id"])


def test_all_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    """Nobody mends a heading twice."""
    with pytest.raises(TableError, match=r"has no column 'y'\..* has no column 'z'\. The columns are id, x\."):
        read(table_of(tmp_path, "id,x\na,1\n")).require(["id", "y", "z"])


def test_keys_must_be_given_and_unique(tmp_path: Path) -> None:
    """The first line of a key counts; a repeated one names both lines, and every other line is there."""
    faults = Faults()
    rows = read(table_of(tmp_path, "id,x\nb,1\na,1\n,1\na,2\nc,1\n"), faults).by_key("id")
    assert {key: row.line for key, row in rows.items()} == {"b": 2, "a": 3, "c": 6}
    assert [(f.subject, f.detail) for f in faults.findings] == [
        ("below/t.csv, line 4, column 'id'", "found '', expected a value in every line."),
        ("below/t.csv, line 5, column 'id'", "found 'a', expected every value once, but line 3 has it too."),
    ]
