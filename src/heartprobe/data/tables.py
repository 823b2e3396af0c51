"""Comma-separated tables, read with the line number of every cell."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heartprobe.data.faults import Faults
from heartprobe.errors import DataError, TableError, did_you_mean


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, with the spaces around its cells removed.

    Attributes:
        table: The table's name, for messages.
        line: Number of the line in the file, from 1.
        cells: By column.
        faults: Where what is wrong with a cell is collected.
    """

    table: str
    line: int
    cells: Mapping[str, str]
    faults: Faults

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.table}, line {self.line}"

    def fault(self, column: str, expected: str) -> None:
        """Note that a cell cannot be believed, and what was expected in it; the reader goes on without it."""
        self.faults.add_text(f"{self.place}, column {column!r}", self.cells[column], expected)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table under its column names."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def require(self, columns: Iterable[str]) -> None:
        """Check that the table has these columns.

        Raises:
            TableError: If some are absent, with the closest names that are there.
        """
        absent = [column for column in columns if column not in self.columns]
        if absent:
            lacks = " ".join(f"{self.path} has no column {c!r}.{did_you_mean(c, self.columns)}" for c in absent)
            raise TableError(f"{lacks} The columns are {', '.join(self.columns)}.")

    def by_key(self, column: str) -> dict[str, Row]:
        """Return the rows by the value in a column that tells them apart.

        A row without a value, and one whose value stands in a line before it, is a fault and left out.
        """
        rows: dict[str, Row] = {}
        for row in self.rows:
            key = row[column]
            if not key:
                row.fault(column, "a value in every line")
            elif key in rows:
                row.fault(column, f"every value once, but line {rows[key].line} has it too")
            else:
                rows[key] = row
        return rows


def read_table(path: Path, name: str, faults: Faults, heading: Sequence[str] | None = None) -> Table:
    """Read a comma-separated table in UTF-8, with or without a byte-order mark.

    Lines without any value are passed over. One with too few values, or too many, is a fault and left out.

    Args:
        path: The table.
        name: What messages about its cells call it.
        faults: Where what is wrong with its lines is collected.
        heading: The names of its columns where its first line does not tell them.

    Raises:
        TableError: If the text or the heading is wrong.
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
    whole = [(number, cells) for number, cells in filled if _is_whole(name, number, columns, cells, faults)]
    rows = tuple(Row(name, number, dict(zip(columns, cells, strict=False)), faults) for number, cells in whole)
    return Table(path, columns, rows)


def _heading(path: Path, cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    repeated = [name for name, times in Counter(cells).items() if times > 1]
    if repeated:
        raise TableError(f"{path}: two columns are called {repeated[0]!r}.")
    if len(cells) == 1 and (";" in cells[0] or "\t" in cells[0]):
        raise TableError(f"{path}: the columns are not separated by commas. Save it as comma-separated values.")
    return tuple(cells)


def _is_whole(name: str, number: int, columns: Sequence[str], cells: Sequence[str], faults: Faults) -> bool:
    """Return whether a line has one value for every column; note the fault where it has not."""
    surplus = [cell for cell in cells[len(columns) :] if cell]
    if len(cells) < len(columns) or surplus:
        faults.add(
            f"{name}, line {number}", f"found {len(cells)} values, expected {len(columns)}, one for every column."
        )
        return False
    return True
