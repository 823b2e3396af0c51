"""What a report consists of, before it is HTML or Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: `alert` must not be overlooked, `lead` is the answer, `note` is small print.
Tone = Literal["plain", "alert", "lead", "note"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: what it says, and in smaller type what goes with it."""

    text: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.detail}".rstrip()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; the first cell names it, a `muted` one stands back behind the others."""

    cells: tuple[Cell, ...]
    is_muted: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        header: One title per column.
        rows: As many cells each.
        caption: What it shows.
        notes: Small print below it.
        is_folded: Whether only the caption is shown until the reader opens it.
        is_numeric: Whether all columns but the first hold numbers.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    notes: tuple[str, ...] = ()
    is_folded: bool = False
    is_numeric: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG picture, with what it shows in words."""

    svg: str
    caption: str


Block = Paragraph | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report; the first section has no heading of its own."""

    title: str
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
