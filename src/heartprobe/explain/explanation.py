"""Which parts of a recording spoke for a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.explain.cycle import phase_edges
from heartprobe.explain.grid import Grid

METHOD: Final = "occlusion"
UNIT: Final = "change of log odds"


@dataclass(frozen=True, slots=True)
class Cell:
    """One part of a recording.

    Attributes:
        start_s: Where it begins, in seconds of the recording.
        end_s: Where it ends.
        low_hz: Its lowest frequency.
        high_hz: Its highest one.
        effect: By how much the log odds of the finding fall without it.
    """

    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    effect: float


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What each part of one recording did to one answer about it.

    An effect is by how much the calibrated log odds of the finding fall without a part: positive where it
    spoke for the finding, negative where it spoke against it.

    Attributes:
        label: The label; the answer is about its finding, for `N` an abnormal heart.
        finding_probability: Calibrated probability of the finding in this recording.
        grid: Its cells.
        effect: Of each cell, `(bands, steps)`.
        band_effect: Of each band in the whole recording, `(bands,)`.
        beats_s: When its beats are, `(beats,)`.
        beat_effect: Of each band in the same phase of all beats, `(bands, phases)`; `None` where too few
            beats were found.
    """

    label: str
    finding_probability: float
    grid: Grid
    effect: NDArray[np.float64]
    band_effect: NDArray[np.float64]
    beats_s: NDArray[np.float64]
    beat_effect: NDArray[np.float64] | None

    def strongest(self, n: int) -> list[Cell]:
        """Return the cells with the largest effects, for or against, the largest first."""
        order = np.argsort(-np.abs(self.effect), axis=None, kind="stable")[:n]
        return [self._cell(*divmod(int(place), self.grid.shape[1])) for place in order]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        beat = None
        if self.beat_effect is not None:
            beat = {"phase_edges": phase_edges().tolist(), "effect": self.beat_effect.tolist()}
        return {
            "label": self.label,
            "method": METHOD,
            "time_edges_s": self.grid.time_edges_s.tolist(),
            "band_edges_hz": self.grid.band_edges_hz.tolist(),
            "effect": self.effect.tolist(),
            "band_effect": self.band_effect.tolist(),
            "beat": beat,
            "beats_s": self.beats_s.tolist(),
            "finding_probability": self.finding_probability,
            "unit": UNIT,
        }

    def _cell(self, band: int, step: int) -> Cell:
        begin_s, end_s = self.grid.time_edges_s[step : step + 2]
        low_hz, high_hz = self.grid.band_edges_hz[band : band + 2]
        return Cell(float(begin_s), float(end_s), float(low_hz), float(high_hz), float(self.effect[band, step]))
