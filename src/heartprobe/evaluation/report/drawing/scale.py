"""Where a number lies on the paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Axis:
    """What runs along one side of a drawing.

    Attributes:
        title: What it is, with its unit.
        low: The number at its beginning.
        high: The number at its end.
        ticks: The numbers that are written beside it.
    """

    title: str
    low: float = 0.0
    high: float = 1.0
    ticks: tuple[float, ...] = (0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """The paper: two axes and the sizes around them, in units of which a letter has about 12.

    Attributes:
        x: What runs from left to right.
        y: What runs from bottom to top.
        width: Of the whole drawing.
        height: Of the whole drawing.
    """

    x: Axis
    y: Axis
    width: float
    height: float

    @property
    def left(self) -> float:
        """Where the axes meet, from the left."""
        return 32

    @property
    def right(self) -> float:
        """The end of the horizontal axis."""
        return self.width - 12

    @property
    def top(self) -> float:
        """The end of the vertical axis, with its title above it."""
        return 24

    @property
    def bottom(self) -> float:
        """Where the axes meet, from the top."""
        return self.height - 36

    def across(self, value: float) -> float:
        """Return where a number lies from left to right."""
        return self.left + _share(value, self.x) * (self.right - self.left)

    def up(self, value: float) -> float:
        """Return where a number lies from top to bottom."""
        return self.bottom - _share(value, self.y) * (self.bottom - self.top)


def small(x: Axis, y: Axis) -> Frame:
    """Return the paper of one of several small drawings, two of which stand side by side on a phone."""
    return Frame(x, y, *SMALL)


def large(x: Axis, y: Axis) -> Frame:
    """Return the paper of a drawing that is as wide as a phone."""
    return Frame(x, y, *LARGE)


SMALL: Final = (180.0, 184.0)
LARGE: Final = (350.0, 310.0)


def _share(value: float, axis: Axis) -> float:
    return (value - axis.low) / (axis.high - axis.low)
