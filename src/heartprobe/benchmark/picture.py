"""The picture of quality against cost, as SVG that knows light and dark by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from heartprobe.evaluation.report.markup import Html, element

WIDTH: Final = 480
_HEIGHT: Final = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 464.0, 14.0, 250.0
_TITLE_HEIGHT: Final = 30

_FONT_PX: Final = 12
#: Mean width of a character of the usual sans-serif fonts, as a share of the font size.
_CHARACTER: Final = 0.54
_LINE_PX: Final = 15.0

#: With more models than this only those are named that nothing cheaper reaches, and the baseline.
_MOST_NAMES: Final = 8

#: The picture brings its colours along, and its names for them win over those of a page around it.
_STYLE: Final = """
.cost { --paper: #ffffff; --ink: #1d2228; --soft: #5b6570; --line: #d7dce1; --model: #0072b2; }
@media screen and (prefers-color-scheme: dark) {
  .cost { --paper: #14181c; --ink: #e6e9ec; --soft: #a0abb5; --line: #343c44; --model: #56b4e9; }
}
.cost text {
  fill: var(--ink); font-size: 12px; paint-order: stroke; stroke: var(--paper); stroke-width: 3px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
.cost .title { font-size: 13px; font-weight: 600; }
.cost .tick { fill: var(--soft); }
.cost .paper { fill: var(--paper); }
.cost .grid { stroke: var(--line); }
.cost .axis { stroke: var(--soft); }
.cost .floor { stroke: var(--soft); stroke-dasharray: 1 4; stroke-linecap: round; }
.cost .stairs { fill: none; stroke: var(--model); stroke-opacity: .45; stroke-dasharray: 5 3; }
.cost .interval { stroke: var(--model); stroke-opacity: .55; stroke-width: 1.5; }
.cost .range { stroke: var(--model); stroke-opacity: .3; }
.cost circle { fill: var(--model); stroke: var(--model); stroke-width: 2; }
.cost .baseline { fill: var(--paper); }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A model: what it costs and what it reaches.

    Attributes:
        name: What it is called.
        milliseconds: What it costs.
        value: What it reaches.
        low: Lower end of the interval.
        high: Upper end of the interval.
        parts: What the value is the mean of, where that has to be seen.
        is_baseline: Whether it is what the others are compared with.
    """

    name: str
    milliseconds: float
    value: float
    low: float | None = None
    high: float | None = None
    parts: tuple[float, ...] = ()
    is_baseline: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One table as a picture.

    Attributes:
        title: What was asked.
        quality: Name of the vertical axis.
        cost: Name of the horizontal axis.
        points: The models.
        floor: What is reached without hearing anything, or `None`.
        is_lower_better: Whether a model is better the lower it stands.
    """

    title: str
    quality: str
    cost: str
    points: tuple[Point, ...]
    floor: float | None = None
    is_lower_better: bool = False


def draw(panel: Panel) -> Html:
    """Return a panel as an element of a page."""
    return _svg(_panel(panel), _HEIGHT, f"{panel.title}: {panel.quality} against {panel.cost}")


def draw_file(panels: Sequence[Panel]) -> str:
    """Return all panels, one below the other, as a file of its own."""
    each = _HEIGHT + _TITLE_HEIGHT
    parts = [element("rect", width="100%", height="100%", class_="paper")]
    for number, panel in enumerate(panels):
        heading = _text(_LEFT, 22, panel.title, "title")
        inner = element("g", *_panel(panel), transform=f"translate(0 {_TITLE_HEIGHT})")
        parts.append(element("g", heading, inner, transform=f"translate(0 {number * each})"))
    return f"{_svg(parts, each * len(panels), 'Quality against cost')}\n"


def _svg(parts: Sequence[Html], height: int, what: str) -> Html:
    return element(
        "svg",
        element("style", Html(_STYLE)),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        width=WIDTH,
        height=height,
        class_="cost",
        role="img",
        aria_label=what,
    )


def frontier(panel: Panel) -> list[Point]:
    """Return the models than which none is both cheaper and better, from the cheapest to the best."""
    sign = -1 if panel.is_lower_better else 1
    best, kept = -math.inf, []
    for point in sorted(panel.points, key=lambda p: (p.milliseconds, -sign * p.value)):
        if sign * point.value > best:
            best = sign * point.value
            kept.append(point)
    return kept


@dataclass(frozen=True, slots=True)
class _Axes:
    """From numbers to places in the picture; the cost is logarithmic."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def of(cls, panel: Panel) -> _Axes:
        costs = [point.milliseconds for point in panel.points]
        ends = [end for p in panel.points for end in (p.value, p.low, p.high, *p.parts) if end is not None]
        ends += [] if panel.floor is None else [panel.floor]
        margin = max(0.01, 0.06 * (max(ends) - min(ends)))
        return cls(min(costs) / 1.7, max(costs) * 1.7, min(ends) - margin, max(ends) + margin)

    def x(self, milliseconds: float) -> float:
        share = math.log(milliseconds / self.left) / math.log(self.right / self.left)
        return _LEFT + share * (_RIGHT - _LEFT)

    def y(self, value: float) -> float:
        return _BOTTOM - (value - self.low) / (self.high - self.low) * (_BOTTOM - _TOP)

    def costs(self) -> list[float]:
        """Return 1, 2 and 5 times the powers of ten in reach; the powers alone where that is many."""
        powers = range(math.floor(math.log10(self.left)), math.ceil(math.log10(self.right)) + 1)
        for steps in ((1, 2, 5), (1,)):
            ticks = [step * 10.0**power for power in powers for step in steps]
            ticks = [tick for tick in ticks if self.left <= tick <= self.right]
            if len(ticks) <= 8:
                break
        return ticks

    def values(self) -> list[float]:
        """Return round values, about five of them."""
        span = self.high - self.low
        step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, math.inf) if span / step <= 8)
        if math.isinf(step):
            return [self.low, self.high]
        first = math.ceil(self.low / step)
        return [step * i for i in range(first, math.floor(self.high / step) + 1)]


def _panel(panel: Panel) -> list[Html]:
    axes, best = _Axes.of(panel), frontier(panel)
    named = list(panel.points)
    if len(named) > _MOST_NAMES:
        named = [point for point in panel.points if point in best or point.is_baseline]
    parts = _grid(panel, axes)
    if panel.floor is not None:
        height = axes.y(panel.floor)
        parts.append(_line(_LEFT, height, _RIGHT, height, "floor"))
        parts.append(_text(_RIGHT, height - 5, "demographics alone", "tick", anchor="end"))
    parts.append(_stairs(best, axes))
    parts += [_mark(point, axes) for point in panel.points]
    return parts + _names(named, axes)


def _grid(panel: Panel, axes: _Axes) -> list[Html]:
    parts = []
    for value in axes.values():
        height = axes.y(value)
        parts.append(_line(_LEFT, height, _RIGHT, height, "grid"))
        parts.append(_text(_LEFT - 8, height + 4, f"{value:.2f}", "tick", anchor="end"))
    for cost in axes.costs():
        place = axes.x(cost)
        parts.append(_line(place, _BOTTOM, place, _BOTTOM + 4, "axis"))
        parts.append(_text(place, _BOTTOM + 18, f"{cost:g}", "tick", anchor="middle"))
    parts.append(_line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "axis"))
    parts.append(_text((_LEFT + _RIGHT) / 2, _BOTTOM + 38, panel.cost, anchor="middle"))
    middle = (_TOP + _BOTTOM) / 2
    upright = element(
        "g", _text(0, 0, panel.quality, anchor="middle"), transform=f"translate(13 {middle:g}) rotate(-90)"
    )
    return [*parts, upright]


def _stairs(best: Sequence[Point], axes: _Axes) -> Html:
    """Return the line of the best that each cost buys."""
    first, *others = best
    steps = f"M{axes.x(first.milliseconds):.1f} {axes.y(first.value):.1f}"
    steps += "".join(f"H{axes.x(p.milliseconds):.1f}V{axes.y(p.value):.1f}" for p in others)
    return element("path", d=f"{steps}H{_RIGHT:g}", class_="stairs")


def _mark(point: Point, axes: _Axes) -> Html:
    """Return the dot of a model with its interval; a hollow one is the baseline."""
    x, y = axes.x(point.milliseconds), axes.y(point.value)
    parts = [element("title", f"{point.name}: {point.value:.3f}, {point.milliseconds:.3g} ms")]
    if point.low is not None and point.high is not None:
        parts.append(_line(x, axes.y(point.low), x, axes.y(point.high), "interval"))
    parts += [_line(x - 5, axes.y(part), x + 5, axes.y(part), "interval") for part in point.parts]
    if point.parts:
        parts.append(_line(x, axes.y(min(point.parts)), x, axes.y(max(point.parts)), "range"))
    parts.append(element("circle", cx=x, cy=y, r=5, class_="baseline" if point.is_baseline else "model"))
    return element("g", *parts)


def _names(points: Sequence[Point], axes: _Axes) -> list[Html]:
    """Return the names beside their dots, moved apart where they would cover each other."""
    placed: list[tuple[float, float, float]] = []
    parts = []
    for point in sorted(points, key=lambda p: -p.value):
        width = _CHARACTER * _FONT_PX * len(point.name)
        x = axes.x(point.milliseconds)
        is_right = x + 10 + width <= _RIGHT or x - 10 - width < _LEFT
        start = min(x + 10, _RIGHT - width) if is_right else x - 10 - width
        y = _free_line(axes.y(point.value) + 4, start, width, placed)
        placed.append((start, start + width, y))
        parts.append(_text(start if is_right else start + width, y, point.name, anchor="start" if is_right else "end"))
    return parts


def _free_line(wanted: float, start: float, width: float, placed: Sequence[tuple[float, float, float]]) -> float:
    """Return the height nearest to the wanted one at which no other name stands."""
    beside = [y for left, right, y in placed if left < start + width and start < right]
    offsets = sorted((step * sign for step in range(60) for sign in (1, -1)), key=abs)
    for offset in offsets:
        y = wanted + offset * 3.0
        if _TOP + 8 <= y <= _BOTTOM - 4 and all(abs(y - other) >= _LINE_PX for other in beside):
            return y
    return wanted


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def _text(x: float, y: float, text: str, kind: str = "name", *, anchor: str = "start") -> Html:
    return element("text", text, x=x, y=y, text_anchor=anchor, class_=kind)
