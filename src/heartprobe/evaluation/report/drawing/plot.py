"""Axes, and what is drawn between them.

Every mark has a class, and the style of the page gives the class its colour, so that a drawing fits
light and dark pages and paper. Marks differ in shape or dashes as well as in colour.

    model     what the report is about        solid, with a band for its interval
    other     what it is compared with        dashed
    chance    what needs no model             dotted
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from heartprobe.evaluation.report.drawing.scale import Frame
from heartprobe.evaluation.report.markup import Html, element

Numbers = Sequence[float | None]

_RADIUS: Final = 3.6
_RIM: Final = 4.5


def plot(frame: Frame, marks: Iterable[Html], alt: str) -> Html:
    """Return a whole drawing.

    Args:
        frame: The paper.
        marks: What is drawn on it, the last on top.
        alt: What it shows, for those who cannot see it.
    """
    axes = element("g", *_horizontal(frame), *_vertical(frame), class_="axes")
    return svg(frame.width, frame.height, (axes, _clipped(frame, marks)), alt)


def svg(width: float, height: float, marks: Iterable[Html], alt: str) -> Html:
    """Return marks as a drawing that is as large as the page makes it."""
    return element("svg", *marks, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=alt)


def line(frame: Frame, x: Numbers, y: Numbers, kind: str) -> Html:
    """Return a line through points, which breaks off where one is undefined."""
    steps, pen = [], "M"
    for a, b in zip(x, y, strict=True):
        if a is None or b is None:
            pen = "M"
            continue
        steps.append(f"{pen}{_at(frame, a, b)}")
        pen = "L"
    return element("path", d="".join(steps), class_=kind)


def band(frame: Frame, x: Numbers, low: Numbers, high: Numbers, kind: str) -> Html:
    """Return the area between two lines, where both are defined."""
    there = [
        (a, b, c) for a, b, c in zip(x, low, high, strict=True) if a is not None and b is not None and c is not None
    ]
    forth = [_at(frame, a, b) for a, b, _ in there]
    back = [_at(frame, a, c) for a, _, c in reversed(there)]
    return element("polygon", points=" ".join(forth + back), class_=f"{kind} band")


def dot(frame: Frame, x: float, y: float, kind: str, said: str) -> Html:
    """Return a point that says what it is to whoever rests the pointer on it."""
    return element("circle", element("title", said), cx=frame.across(x), cy=frame.up(y), r=_RADIUS, class_=kind)


def whisker(frame: Frame, x: float, low: float, high: float, kind: str) -> Html:
    """Return a vertical line from one number to another."""
    return element(
        "line", x1=frame.across(x), x2=frame.across(x), y1=frame.up(low), y2=frame.up(high), class_=f"{kind} whisker"
    )


def image(frame: Frame, address: str) -> Html:
    """Return an image that fills the space between the axes."""
    return element(
        "image",
        x=frame.left,
        y=frame.top,
        width=frame.right - frame.left,
        height=frame.bottom - frame.top,
        preserveAspectRatio="none",
        href=address,
    )


def _at(frame: Frame, x: float, y: float) -> str:
    return f"{frame.across(x):.1f},{frame.up(y):.1f}"


def _clipped(frame: Frame, marks: Iterable[Html]) -> Html:
    """Return marks without what lies beyond the axes, but for the rim of a point that lies on one."""
    x, y = frame.left - _RIM, frame.top - _RIM
    width, height = frame.right - x + _RIM, frame.bottom - y + _RIM
    return element("svg", *marks, x=x, y=y, width=width, height=height, viewBox=f"{x:g} {y:g} {width:g} {height:g}")


def _horizontal(frame: Frame) -> list[Html]:
    y = frame.bottom
    ticks = [
        element("text", f"{tick:g}", x=frame.across(tick), y=y + 14, text_anchor="middle") for tick in frame.x.ticks
    ]
    title = element("text", frame.x.title, x=(frame.left + frame.right) / 2, y=frame.height - 5, text_anchor="middle")
    return [element("path", d=f"M{frame.left} {y}H{frame.right:g}"), *ticks, title]


def _vertical(frame: Frame) -> list[Html]:
    x = frame.left
    ticks = [element("text", f"{tick:g}", x=x - 5, y=frame.up(tick) + 4, text_anchor="end") for tick in frame.y.ticks]
    # Above the axis instead of along it: nobody has to turn the head, and it may be longer.
    title = element("text", frame.y.title, x=2, y=11)
    return [element("path", d=f"M{x} {frame.top}V{frame.bottom:g}"), *ticks, title]
