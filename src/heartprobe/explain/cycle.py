"""The same moment of every beat: what a murmur in systole is, and a single stretch of time is not."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.explain.grid import Stretch, risen

#: Parts of a beat. At 75 beats per minute one lasts 0.1 s; the first lies around the first sound, and systole
#: takes the next two to three.
PHASES: Final = 8

#: Neighbours fade into one another over this part of a phase.
_FADE: Final = 0.4

#: Fewer beats are no pattern.
LEAST_BEATS: Final = 3


def phase_edges() -> NDArray[np.float64]:
    """Return where phases begin and end, in beats from the first sound: `(PHASES + 1,)`, the first one around 0."""
    return (np.arange(PHASES + 1) - 0.5) / PHASES


def phases(beats_s: NDArray[np.float64], n_samples: int, rate_hz: int) -> list[Stretch]:
    """Return what belongs to each phase of all beats; of each sample the shares of all of them sum to one.

    Where beats are missing, and before the first and after the last one, they are taken to go on as usual.

    Args:
        beats_s: `(beats,)`, at least `LEAST_BEATS`.
        n_samples: Length of the recording.
        rate_hz: Its rate.
    """
    marks_s = _without_gaps(beats_s, n_samples / rate_hz)
    beat = np.interp(np.arange(n_samples) / rate_hz, marks_s, np.arange(marks_s.size))
    return [Stretch(slice(0, n_samples), _share(beat * PHASES - phase)) for phase in range(PHASES)]


def _without_gaps(beats_s: NDArray[np.float64], duration_s: float) -> NDArray[np.float64]:
    usual_s = float(np.median(np.diff(beats_s)))
    before = beats_s[0] - usual_s * np.arange(np.ceil(beats_s[0] / usual_s), 0, -1)
    after = beats_s[-1] + usual_s * np.arange(1, np.ceil((duration_s - beats_s[-1]) / usual_s) + 1)
    between = [
        np.linspace(begin_s, end_s, max(1, round((end_s - begin_s) / usual_s)), endpoint=False)
        for begin_s, end_s in itertools.pairwise(beats_s)
    ]
    return np.concatenate([before, *between, beats_s[-1:], after])


def _share(way: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the shares of a phase, given how many phases each sample lies behind its middle."""
    aside = (way + PHASES / 2) % PHASES - PHASES / 2
    return risen((0.5 - np.abs(aside)) / _FADE).astype(np.float32)
