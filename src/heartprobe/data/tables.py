"""Comma-separated tables, read with the line number of every cell."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heartprobe.errors import DataError, TableError, did_you_mean

#: Longest part of a cell that a message repeats.
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, with the spaces around its cells removed."""

    table: Path
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.table}, line {self.line}"

    def error(self, column: str, expected: str) -> TableError:
        """Compose the error for one cell: file, line, column, value, and what was expected."""
        value = self.cells[column]
        shown = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "..."
        return TableError(f"{self.place}, column {column!r}: found {shown!r}, expected {expected}.")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table under its column names."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def require(self, columns: Iterable[str]) -> None:
        """Check that the table has these columns.

        Raises:
            TableError: At the first that is absent, with the closest name that is there.
        """
        for column in columns:
            if column not in self.columns:
                raise TableError(
                    f"{self.path} has no column {column!r}.{did_you_mean(column, self.columns)} "
                    f"The columns are {', '.join(self.columns)}."
                )

    def by_key(self, column: str) -> dict[str, Row]:
        """Return the rows by the value in a column that tells them apart.

        Raises:
            TableError: If the value is absent somewhere, or stands in two lines.
        """
        rows: dict[str, Row] = {}
        for row in self.rows:
            key = row[column]
            if not key:
                raise row.error(column, "a value in every line")
            if key in rows:
                raise row.error(column, f"every value once, but line {rows[key].line} has it too")
            rows[key] = row
        return rows


def read_table(path: Path, heading: Sequence[str] | None = None) -> Table:
    """Read a comma-separated table in UTF-8, with or without a byte-order mark.

    Lines without any value are passed over.

    Args:
        path: The table.
        heading: The names of its columns where its first line does not tell them.

    Raises:
        TableError: If the text, the heading or the number of cells in a line is wrong.
        DataError: If the file cannot be opened.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is not a text table in UTF-8. Save it as comma-separated values (UTF-8).") from error
    except csv.Error as error:
        raise TableError(f"{path} is not a table of comma-separated values: {error}.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    filled = [(number, cells) for number, cells in lines if any(cells)]
    if heading is None and not filled:
        raise TableError(f"{path} is empty; its first line must name the columns.")
    columns = _heading(path, filled.pop(0)[1]) if heading is None else tuple(heading)
    return Table(path, columns, tuple(_row(path, number, columns, cells) for number, cells in filled))


def _heading(path: Path, cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    repeated = [name for name, times in Counter(cells).items() if times > 1]
    if repeated:
        raise TableError(f"{path}: two columns are called {repeated[0]!r}.")
    if len(cells) == 1 and (";" in cells[0] or "\t" in cells[0]):
        raise TableError(f"{path}: the columns are not separated by commas. Save it as comma-separated values.")
    return tuple(cells)


def _row(path: Path, number: int, columns: tuple[str, ...], cells: list[str]) -> Row:
    surplus = [cell for cell in cells[len(columns) :] if cell]
    if len(cells) < len(columns) or surplus:
        raise TableError(
            f"{path}, line {number}: found {len(cells)} values, expected {len(columns)}, one for every column."
        )
    return Row(path, number, dict(zip(columns, cells, strict=False)))
