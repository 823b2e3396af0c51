"""Content as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from heartprobe.evaluation.report.content import Block, Cell, Document, Flow, Group, Paragraph, Picture, Step, Table

# Characters that would begin a link, a table cell, HTML or emphasis in the middle of a line.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")


def to_markdown(document: Document) -> str:
    """Return a document as Markdown; of pictures it has the numbers."""
    parts = [f"# {_escaped(document.title)}", *_blocks(document.opening)]
    for section in document.sections:
        parts += [f"## {_escaped(section.title)}", *_blocks(section.blocks)]
    return "\n\n".join(parts) + "\n"


def _blocks(blocks: Iterable[Block]) -> list[str]:
    return [text for block in blocks for text in _block(block)]


def _block(block: Block) -> list[str]:
    match block:
        case Paragraph(text, tone):
            return [f"**{_escaped(text)}**" if tone == "alert" else _escaped(text)]
        case Table():
            return _table(block)
        case Picture(numbers=numbers):
            return [text for table in numbers for text in _table(table)]
        case Flow(stages, caption):
            return [f"{_escaped(caption)}", "\n".join(_step(step) for stage in stages for step in stage)]
        case Group(title, blocks):
            texts = _blocks(blocks)
            return [f"### {_escaped(title)}", *texts] if texts else []


def _step(step: Step) -> str:
    texts = [step.text, step.detail, f"Left out before: {step.left_out}" if step.left_out else ""]
    return f"- {_escaped('. '.join(text.rstrip('.') for text in texts if text))}."


def _table(table: Table) -> list[str]:
    alignment = "---:" if table.is_numeric else "---"
    lines = [_line(table.header), _line(("---", *(alignment for _ in table.header[1:])), is_escaped=True)]
    for row in table.rows:
        name, *others = (_cell(cell) for cell in row.cells)
        lines.append(_line((f"*{name}*" if row.is_muted or row.is_heading else name, *others), is_escaped=True))
    caption = [f"{_escaped(table.caption)}:"] if table.caption else []
    return [*caption, "\n".join(lines), *(_escaped(note) for note in (*table.notes, *table.missing))]


def _cell(cell: Cell) -> str:
    return _escaped(" ".join(part for part in (str(cell), "; ".join(cell.see)) if part))


def _line(cells: Iterable[str], *, is_escaped: bool = False) -> str:
    return "| " + " | ".join(cell if is_escaped else _escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
