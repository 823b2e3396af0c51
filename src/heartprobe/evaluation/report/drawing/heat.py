"""A grid of shaded cells with numbers in them, such as the eight places on a chest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from heartprobe.evaluation.report.drawing.plot import svg
from heartprobe.evaluation.report.markup import Html, element

_WIDTH: Final = 180.0
_LEFT, _TOP, _CELL_HEIGHT = 44.0, 18.0, 30.0

#: The strongest shade: darker, and the number in it could no longer be read.
_DARKEST: Final = 0.55


def heat_grid(
    rows: Sequence[str], columns: Sequence[str], values: Mapping[tuple[str, str], tuple[str, float]], alt: str
) -> Html:
    """Return a grid; cells without a value stay empty.

    Args:
        rows: Their titles, short.
        columns: Their titles, shorter.
        values: By titles of row and column, what is written, and how strongly it is shaded, from -1 (as
            strongly as can be, in the colour of a warning) to 1.
        alt: What it shows, for those who cannot see it.
    """
    width = (_WIDTH - _LEFT) / len(columns)
    marks = [
        element("text", title, x=_LEFT + (i + 0.5) * width, y=_TOP - 6, text_anchor="middle", class_="tick")
        for i, title in enumerate(columns)
    ]
    for j, row in enumerate(rows):
        top = _TOP + j * _CELL_HEIGHT
        marks.append(element("text", row, x=0, y=top + _CELL_HEIGHT / 2 + 4, class_="tick"))
        for i, column in enumerate(columns):
            marks += _cell(_LEFT + i * width, top, width, values.get((row, column)))
    return svg(_WIDTH, _TOP + len(rows) * _CELL_HEIGHT + 2, marks, alt)


def _cell(x: float, y: float, width: float, value: tuple[str, float] | None) -> list[Html]:
    box = {"x": x + 1, "y": y + 1, "width": width - 2, "height": _CELL_HEIGHT - 2, "rx": 2}
    edge = element("rect", class_="edge", **box)
    if value is None:
        return [edge]
    text, shade = value
    strength = min(abs(shade), 1.0) * _DARKEST
    filled = element("rect", class_="heat" if shade >= 0 else "heat below", fill_opacity=strength, **box)
    middle = element("text", text, x=x + width / 2, y=y + _CELL_HEIGHT / 2 + 4, text_anchor="middle", class_="value")
    return [filled, edge, middle]
