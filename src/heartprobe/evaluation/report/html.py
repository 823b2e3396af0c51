"""Content as one HTML page that needs no network: style and pictures are in it, scripts are not."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files

from heartprobe.evaluation.report.content import Block, Document, Paragraph, Picture, Row, Table

# Nothing may be fetched, whatever text finds its way into a report.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Html(str):
    """Text that is HTML already; any other text is escaped when it becomes part of an element."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str) -> Html:
    """Return an element with escaped attributes and, unless they are `Html`, escaped children.

    A trailing underscore of an attribute is dropped (`class_`), others become hyphens.
    """
    names = {name: name.rstrip("_").replace("_", "-") for name in attributes}
    start = "".join(f' {names[name]}="{escape(value)}"' for name, value in attributes.items())
    content = "".join(child if isinstance(child, Html) else escape(child, quote=False) for child in children)
    return Html(f"<{tag}{start}>{content}</{tag}>")


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
    sections = [
        element("section", element("h2", section.title), *_blocks(section.blocks)) for section in document.sections
    ]
    main = element("main", element("h1", document.title), *_blocks(document.opening), *sections)
    return f"<!DOCTYPE html>\n{element('html', head, element('body', main), lang='en')}\n"


def _blocks(blocks: Iterable[Block]) -> list[Html]:
    return [_block(block) for block in blocks]


def _block(block: Block) -> Html:
    match block:
        case Paragraph(text, tone):
            return element("p", text, class_=tone)
        case Picture(svg, caption):
            return element("figure", Html(svg), element("figcaption", caption))
        case Table():
            return _table(block)


def _table(table: Table) -> Html:
    head = element("thead", element("tr", *(element("th", title, scope="col") for title in table.header)))
    body = element("tbody", *(_row(row) for row in table.rows))
    has_header = any(table.header)
    grid = element("table", *([head] if has_header else []), body, class_="numeric" if table.is_numeric else "text")
    notes = [element("p", note, class_="note") for note in table.notes]
    content = (element("div", grid, class_="scroll", tabindex="0", role="region", aria_label=table.caption), *notes)
    if table.is_folded:
        return element("details", element("summary", table.caption), *content)
    caption = [element("p", table.caption, class_="caption")] if table.caption else []
    return element("div", *caption, *content, class_="table")


def _row(row: Row) -> Html:
    name, *others = row.cells
    cells = [element("th", name.text, *_detail(name.detail), scope="row")]
    cells += [element("td", cell.text, *_detail(cell.detail)) for cell in others]
    return element("tr", *cells, class_="muted") if row.is_muted else element("tr", *cells)


def _detail(detail: str) -> list[Html]:
    return [element("small", detail)] if detail else []
