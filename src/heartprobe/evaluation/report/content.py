"""What a report consists of, before it is HTML or Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from heartprobe.evaluation.report.markup import Html

#: `alert` must not be overlooked, `lead` is the answer, `note` is small print.
Tone = Literal["plain", "alert", "lead", "note"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: what it says, and in smaller type what goes with it.

    Attributes:
        text: What it says.
        detail: What goes with it.
        see: Titles of sections that it points to.
    """

    text: str
    detail: str = ""
    see: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.text} {self.detail}".rstrip()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        cells: One per column; the first names the row.
        is_muted: Whether it belongs to the row above it, and stands back behind it.
        is_heading: Whether it names the rows below it, and its other cells are empty.
    """

    cells: tuple[Cell, ...]
    is_muted: bool = False
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        header: One title per column.
        rows: As many cells each.
        caption: What it shows.
        notes: Small print below it.
        missing: Why values or intervals are missing; on a page it is folded where there is much of it.
        is_folded: Whether only the caption is shown until the reader opens it.
        is_numeric: Whether all columns but the first hold numbers.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    is_folded: bool = False
    is_numeric: bool = True


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing of a picture.

    Attributes:
        drawing: The SVG.
        title: What stands above it.
        detail: What goes with the title, in smaller type.
        sound: A `data:` address of what can be listened to below it, or nothing.
    """

    drawing: Html
    title: str = ""
    detail: str = ""
    sound: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """One or several drawings side by side, with what they show in words.

    Attributes:
        panels: The drawings.
        caption: What they show, and what to read from them.
        title: What stands above them.
        numbers: The same as tables, folded on a page; they are all that Markdown has of a picture.
        is_large: Whether two of them fill the page; of small ones, two fill a phone.
    """

    panels: tuple[Panel, ...]
    caption: str
    title: str = ""
    numbers: tuple[Table, ...] = ()
    is_large: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A box of a flow: what there is, how it came about, and what was left out on the way to it."""

    text: str
    detail: str = ""
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """Boxes from top to bottom; the steps of one stage stand side by side."""

    stages: tuple[tuple[Step, ...], ...]
    caption: str


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a section with a heading of its own."""

    title: str
    blocks: tuple[Block, ...]


Block = Paragraph | Table | Picture | Flow | Group


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report; what stands before the first section has no heading of its own."""

    title: str
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
