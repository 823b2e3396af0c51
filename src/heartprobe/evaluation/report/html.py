"""Content as one HTML page that needs no network: style and pictures are in it, scripts are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Final

from heartprobe.evaluation.report.content import (
    Block,
    Cell,
    Document,
    Flow,
    Group,
    Panel,
    Paragraph,
    Picture,
    Row,
    Section,
    Step,
    Table,
)
from heartprobe.evaluation.report.markup import Html, element

# Nothing may be fetched, whatever text finds its way into a report.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"

#: Reasons for what is missing that stand open below a table.
_SHOWN_REASONS: Final = 2


def to_html(document: Document) -> str:
    """Return a document as a page."""
    style = files("heartprobe.evaluation.report").joinpath("page.css").read_text(encoding="utf-8")
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="color-scheme" content="light dark">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'),
        element("title", document.title),
        element("style", Html(style)),
    )
    main = element(
        "main",
        element("h1", document.title),
        *_blocks(document.opening),
        _contents(document.sections),
        *(
            element("section", element("h2", section.title), *_blocks(section.blocks), id=_anchor(section.title))
            for section in document.sections
        ),
    )
    return f"<!DOCTYPE html>\n{element('html', head, element('body', main), lang='en')}\n"


def _contents(sections: Iterable[Section]) -> Html:
    links = [element("li", _link(section.title)) for section in sections]
    return element("nav", element("ol", *links), aria_label="Contents")


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _link(title: str) -> Html:
    return element("a", title, href=f"#{_anchor(title)}")


def _blocks(blocks: Iterable[Block]) -> list[Html]:
    return [_block(block) for block in blocks]


def _block(block: Block) -> Html:
    match block:
        case Paragraph(text, tone):
            return element("p", text, class_=tone)
        case Picture():
            return _picture(block)
        case Flow(stages, caption):
            steps = [element("div", *(_step(step) for step in stage), class_="stage") for stage in stages]
            return element("figure", element("div", *steps, class_="flow"), element("figcaption", caption))
        case Group(title, blocks):
            return element("div", element("h3", title), *_blocks(blocks), class_="group")
        case Table():
            return _table(block)


def _step(step: Step) -> Html:
    aside = [element("p", step.left_out, class_="left-out")] if step.left_out else []
    detail = [element("small", step.detail)] if step.detail else []
    return element("div", *aside, element("div", element("b", step.text), *detail, class_="box"), class_="step")


def _picture(picture: Picture) -> Html:
    title = [element("p", picture.title, class_="caption")] if picture.title else []
    panels = element(
        "div", *(_panel(panel) for panel in picture.panels), class_="panels large" if picture.is_large else "panels"
    )
    numbers = [_table(table) for table in picture.numbers]
    return element("figure", *title, panels, element("figcaption", picture.caption), *numbers)


def _panel(panel: Panel) -> Html:
    title = [element("p", element("b", panel.title), *_detail(panel.detail))] if panel.title else []
    sound = [element("audio", controls="", preload="metadata", src=panel.sound)] if panel.sound else []
    return element("div", *title, panel.drawing, *sound, class_="panel")


def _table(table: Table) -> Html:
    head = element("thead", element("tr", *(element("th", title, scope="col") for title in table.header)))
    body = element("tbody", *(_row(row) for row in table.rows))
    has_header = any(table.header)
    grid = element("table", *([head] if has_header else []), body, class_="numeric" if table.is_numeric else "text")
    notes = [*_notes(table.notes), *_missing(table.missing)]
    name = table.caption or "Table"
    content = (element("div", grid, class_="scroll", tabindex="0", role="region", aria_label=name), *notes)
    if table.is_folded:
        return element("details", element("summary", table.caption), *content)
    caption = [element("p", table.caption, class_="caption")] if table.caption else []
    return element("div", *caption, *content, class_="table")


def _notes(texts: Iterable[str]) -> list[Html]:
    return [element("p", text, class_="note") for text in texts]


def _missing(reasons: Sequence[str]) -> list[Html]:
    """Return why values are missing; many reasons are folded, so that they do not bury what is there."""
    if len(reasons) <= _SHOWN_REASONS:
        return _notes(reasons)
    summary = element("summary", f"Why values or intervals are missing ({len(reasons)} reasons)")
    return [element("details", summary, *_notes(reasons), class_="reasons")]


def _row(row: Row) -> Html:
    name, *others = row.cells
    cells = [element("th", *_cell(name), scope="row")]
    cells += [element("td", *_cell(cell)) for cell in others]
    kind = "heading" if row.is_heading else "muted" if row.is_muted else ""
    return element("tr", *cells, class_=kind) if kind else element("tr", *cells)


def _cell(cell: Cell) -> list[str]:
    links = [element("span", _link(title), class_="see") for title in cell.see]
    return [cell.text, *_detail(cell.detail), *links]


def _detail(detail: str) -> list[Html]:
    return [element("small", detail)] if detail else []
