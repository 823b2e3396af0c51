"""Content as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from heartprobe.evaluation.report.content import Block, Document, Paragraph, Table

# Characters that would begin a link, a table cell, HTML or emphasis in the middle of a line.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")


def to_markdown(document: Document) -> str:
    """Return a document as Markdown; pictures are left to the HTML."""
    parts = [f"# {_escaped(document.title)}", *_blocks(document.opening)]
    for section in document.sections:
        parts += [f"## {_escaped(section.title)}", *_blocks(section.blocks)]
    return "\n\n".join(parts) + "\n"


def _blocks(blocks: Iterable[Block]) -> list[str]:
    texts = []
    for block in blocks:
        if isinstance(block, Paragraph):
            texts.append(f"**{_escaped(block.text)}**" if block.tone == "alert" else _escaped(block.text))
        elif isinstance(block, Table):
            texts += _table(block)
    return texts


def _table(table: Table) -> list[str]:
    alignment = "---:" if table.is_numeric else "---"
    lines = [_line(table.header), _line(("---", *(alignment for _ in table.header[1:])), is_escaped=True)]
    for row in table.rows:
        name, *others = (_escaped(str(cell)) for cell in row.cells)
        lines.append(_line((f"*{name}*" if row.is_muted else name, *others), is_escaped=True))
    caption = [f"{_escaped(table.caption)}:"] if table.caption else []
    return [*caption, "\n".join(lines), *(_escaped(note) for note in table.notes)]


def _line(cells: Iterable[str], *, is_escaped: bool = False) -> str:
    return "| " + " | ".join(cell if is_escaped else _escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
