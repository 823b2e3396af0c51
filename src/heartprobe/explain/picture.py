"""An explanation as an SVG that any browser shows: the spectrogram, and below it the cells; beside them, the bands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.evaluation.report.drawing.png import png_address
from heartprobe.evaluation.report.drawing.spectrogram import HIGHEST_HZ, loudness
from heartprobe.evaluation.report.markup import Html, element
from heartprobe.explain.cycle import phase_edges
from heartprobe.explain.explanation import Explanation
from heartprobe.labels import finding_name

_WIDTH: Final = 960.0
_LEFT, _TIME_RIGHT, _BEAT_LEFT, _BEAT_RIGHT = 52.0, 660.0, 720.0, 948.0
_TOP, _GAP, _BAND_HEIGHT = 66.0, 34.0, 22.0

#: Rows of the spectrogram's picture for each band, all of which are drawn equally high.
_ROWS: Final = 10

#: Orange for what spoke for the finding, blue for what spoke against it: told apart by the colour-blind, too.
_FOR, _AGAINST = "#e66101", "#2b7bba"

_STYLE: Final = (
    "svg{background:#fff;font:13px system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;fill:#222}"
    ".title{font-size:15px;font-weight:600}.cell{stroke:#ddd;stroke-width:.5}"
)


def draw(explanation: Explanation, audio: Audio) -> Html:
    """Return the drawing of an explanation of a recording."""
    bands = explanation.grid.shape[0]
    height = bands * _BAND_HEIGHT
    finding = finding_name(explanation.label)
    said = f"What spoke for {finding} (probability {explanation.finding_probability:.2f})"
    edges_s, edges_hz = explanation.grid.time_edges_s, explanation.grid.band_edges_hz
    seconds = _Panel(_LEFT, _TIME_RIGHT, _TOP, height, edges_s, edges_hz)
    cells = _Panel(_LEFT, _TIME_RIGHT, _TOP + height + _GAP, height, edges_s, edges_hz)
    return element(
        "svg",
        element("style", Html(_STYLE)),
        element("text", said, x=_LEFT, y=20, class_="title"),
        *_legend(),
        _spectrogram(explanation, audio, seconds),
        *(_beat(seconds.across(float(time_s)), seconds.top) for time_s in explanation.beats_s),
        *seconds.pitches(),
        *cells.shaded(explanation.effect, "s"),
        *cells.pitches(),
        *cells.times("s", _round_times(float(edges_s[-1]))),
        *_beats_together(explanation, cells, height),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH:g} {cells.top + height + 40:g}",
        role="img",
        aria_label=f"{said}: the spectrogram of the recording, and how strongly each part of it spoke.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """A rectangle in which every band is equally high."""

    left: float
    right: float
    top: float
    height: float
    edges: NDArray[np.float64]
    edges_hz: NDArray[np.float64]

    def across(self, value: float) -> float:
        begin, end = self.edges[0], self.edges[-1]
        return float(self.left + (self.right - self.left) * (value - begin) / (end - begin))

    def up(self, band: int) -> float:
        """Return where a band ends above."""
        return self.top + self.height - (band + 1) * _BAND_HEIGHT

    def shaded(self, effect: NDArray[np.float64], unit: str) -> Iterator[Html]:
        largest = max(float(np.abs(effect).max()), np.finfo(float).tiny)
        for band, step in np.ndindex(effect.shape):
            begin, end = (float(edge) for edge in self.edges[step : step + 2])
            low_hz, high_hz = self.edges_hz[band : band + 2]
            value = float(effect[band, step])
            yield element(
                "rect",
                element("title", f"{begin:.2f} to {end:.2f} {unit}, {low_hz:g} to {high_hz:g} Hz: {value:+.3f}"),
                x=self.across(begin),
                y=self.up(band),
                width=self.across(end) - self.across(begin),
                height=_BAND_HEIGHT,
                fill=_FOR if value > 0 else _AGAINST,
                fill_opacity=abs(value) / largest,
                class_="cell",
            )

    def pitches(self) -> Iterator[Html]:
        for band, edge in enumerate(self.edges_hz):
            yield element("text", f"{edge:g}", x=self.left - 6, y=self.up(band - 1) + 4, text_anchor="end")
        yield element("text", "Hz", x=self.left - 6, y=self.top - 10, text_anchor="end")

    def times(self, unit: str, ticks: Iterable[float]) -> Iterator[Html]:
        below = self.top + self.height
        for tick in ticks:
            yield element("text", f"{tick:g}", x=self.across(tick), y=below + 17, text_anchor="middle")
        yield element("text", unit, x=(self.left + self.right) / 2, y=below + 35, text_anchor="middle")


def _legend() -> Iterator[Html]:
    for i, (colour, words) in enumerate(((_FOR, "spoke for it"), (_AGAINST, "spoke against it"))):
        x = _LEFT + 120 * i
        yield element("rect", x=x, y=30, width=12, height=12, fill=colour)
        yield element("text", words, x=x + 17, y=41)
    yield element("text", "| beat", x=_LEFT + 270, y=41)


def _spectrogram(explanation: Explanation, audio: Audio, panel: _Panel) -> Html:
    pitches = loudness(audio, audio.duration_s)[::-1]
    edges = explanation.grid.band_edges_hz
    bands = len(edges) - 1
    middles_hz = np.interp((np.arange(_ROWS * bands) + 0.5) / _ROWS, np.arange(len(edges)), edges)
    rows = (middles_hz * len(pitches) / HIGHEST_HZ).astype(int)
    is_shown = rows < len(pitches)
    shares = np.where(is_shown[:, np.newaxis], pitches[np.minimum(rows, len(pitches) - 1)], 0.0)
    return element(
        "image",
        x=panel.left,
        y=panel.top,
        width=panel.right - panel.left,
        height=panel.height,
        preserveAspectRatio="none",
        href=png_address(shares[::-1]),
    )


def _beats_together(explanation: Explanation, beside: _Panel, height: float) -> Iterator[Html]:
    """Yield the same phase of all beats together, or each band alone where there are no beats."""
    if explanation.beat_effect is None:
        edges, effect, title = np.array([0.0, 1.0]), explanation.band_effect[:, np.newaxis], "whole recording"
        ticks: Sequence[float] = ()
    else:
        edges, effect, title = phase_edges(), explanation.beat_effect, "all beats together"
        ticks = (0.0, 0.25, 0.5, 0.75)
    panel = _Panel(_BEAT_LEFT, _BEAT_RIGHT, beside.top, height, edges, beside.edges_hz)
    yield element("text", title, x=(_BEAT_LEFT + _BEAT_RIGHT) / 2, y=panel.top - 10, text_anchor="middle")
    yield from panel.shaded(effect, "beats")
    yield from panel.pitches()
    yield from panel.times("beats from the first sound" if ticks else "", ticks)


def _beat(x: float, top: float) -> Html:
    return element("path", d=f"M{x:.1f} {top - 8:g}V{top:g}", stroke="#222")


def _round_times(duration_s: float) -> Iterator[float]:
    """Yield about ten round times."""
    step_s = max(1, round(duration_s / 10))
    yield from range(0, int(duration_s) + 1, step_s)
