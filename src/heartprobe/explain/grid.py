"""The cells into which a recording is cut: stretches of time, and bands of frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from heartprobe.errors import ConfigError

#: Between these edges lie, from below: rumble and the lowest part of the heart sounds, the heart sounds, what they have
#: in common with low murmurs (mitral stenosis), the middle and the upper part of most murmurs, the highest murmurs
#: (aortic regurgitation), and what is hardly of the heart any more.
BAND_EDGES_HZ: Final = (0.0, 60.0, 100.0, 160.0, 250.0, 400.0, 700.0)

#: A stretch of time: at usual heart rates half a beat to a whole one.
STEP_S: Final = 0.5

#: In longer recordings stretches are longer, so that the model need not be asked without end.
MOST_STEPS: Final = 40

#: Neighbours fade into one another over this much time, and over this many Hz to either side of an edge.
_FADE_S, _FADE_HZ = 0.1, 10.0

#: A last band that is narrower than a tenth of its upper edge belongs to the one below.
_LEAST_SHARE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Some of a recording's samples, and how far they belong to it.

    Attributes:
        where: Which samples.
        share: Of each of them, from 0 to 1.
    """

    where: slice
    share: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where cells begin and end.

    Attributes:
        time_edges_s: `(steps + 1,)`, from 0 to the end of the recording.
        band_edges_hz: `(bands + 1,)`, from 0 to the highest frequency that is heard.
    """

    time_edges_s: NDArray[np.float64]
    band_edges_hz: NDArray[np.float64]

    @classmethod
    def over(cls, duration_s: float, highest_hz: float, *, step_s: float = STEP_S) -> Self:
        """Return the grid over a recording.

        Args:
            duration_s: Length of the recording.
            highest_hz: Above this nothing is heard.
            step_s: Length of a stretch of time; longer where there would be more than `MOST_STEPS`.

        Raises:
            ConfigError: If stretches are to be shorter than the 0.1 s over which they fade.
        """
        if not step_s >= _FADE_S:
            raise ConfigError(
                f"A step of {step_s:g} s is too short for an explanation, at least {_FADE_S:g} s is expected; "
                "take a longer one."
            )
        n_steps = min(MOST_STEPS, max(1, round(duration_s / step_s)))
        inner = [edge for edge in BAND_EDGES_HZ if edge < _LEAST_SHARE * highest_hz]
        return cls(np.linspace(0.0, duration_s, n_steps + 1), np.array([*inner, highest_hz]))

    @property
    def shape(self) -> tuple[int, int]:
        """Bands and steps."""
        return len(self.band_edges_hz) - 1, len(self.time_edges_s) - 1

    def steps(self, n_samples: int, rate_hz: int) -> list[Stretch]:
        """Return the stretches of time; of each sample the shares of all of them sum to one."""
        return [self._step(step, n_samples, rate_hz) for step in range(self.shape[1])]

    def band_shares(self, frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far each frequency belongs to each band, `(bands, frequencies)`.

        They sum to one; what lies above the highest edge belongs to the last band, as it is not heard anyway.
        """
        begun = [risen((frequency_hz - edge) / (2 * _FADE_HZ)) for edge in self.band_edges_hz[1:-1]]
        whole = np.ones(len(frequency_hz))
        return np.asarray(-np.diff(np.stack([whole, *begun, 0 * whole]), axis=0))

    def _step(self, step: int, n_samples: int, rate_hz: int) -> Stretch:
        begin_s, end_s = self.time_edges_s[step : step + 2]
        is_first, is_last = step == 0, step == self.shape[1] - 1
        first = 0 if is_first else max(0, round((begin_s - _FADE_S) * rate_hz))
        last = n_samples if is_last else min(n_samples, round((end_s + _FADE_S) * rate_hz))
        time_s = np.arange(first, last) / rate_hz
        begun = np.ones(time_s.size) if is_first else risen((time_s - begin_s) / _FADE_S)
        ended = np.zeros(time_s.size) if is_last else risen((time_s - end_s) / _FADE_S)
        return Stretch(slice(first, last), (begun - ended).astype(np.float32))


def risen(way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth step from 0 at -1/2 to 1 at 1/2."""
    return np.asarray(0.5 + 0.5 * np.sin(np.pi * np.clip(way, -0.5, 0.5)))
