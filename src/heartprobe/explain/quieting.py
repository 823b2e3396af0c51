"""A recording without some of its parts.

To take a part away is to hold every frequency in it at the level that it has in this recording at the median: what
stood out is gone, what was quiet stays. Silence instead would be an edge that no recording has, and a model
would answer to the edge. Whatever sounds all the time (a hum, the channel's colouring) is at its own median level,
and stays: no part can speak for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.explain.grid import Grid, Stretch

if TYPE_CHECKING:
    from scipy.signal import ShortTimeFFT

#: Frames of the short-time Fourier transform: short beside heart sounds, and long enough to tell the bands apart.
_FRAME_S: Final = 0.064
_FRAMES_AT_ONCE: Final = 4

#: Nothing is brought further down than this below the loudest (-80 dB): digital silence in half of a recording shall
#: not make digital silence of the rest.
_FLOOR: Final = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is taken away at once: some bands of a stretch of time."""

    bands: tuple[int, ...]
    stretch: Stretch


@dataclass(frozen=True, slots=True, eq=False)
class Quieting:
    """A recording from which parts can be taken away.

    Attributes:
        audio: The recording.
        standing_out: What stands out in each band, `(bands, n)`, float32; all of it taken away leaves the usual quiet.
    """

    audio: Audio
    standing_out: NDArray[np.float32]

    @classmethod
    def of(cls, audio: Audio, grid: Grid) -> Self:
        """Find what stands out in each band."""
        transform = _transform(audio.rate_hz)
        spectrum = transform.stft(audio.samples.astype(np.float64))
        magnitude = np.abs(spectrum)
        usual = np.maximum(np.median(magnitude, axis=1, keepdims=True), _FLOOR * magnitude.max())
        spectrum *= 1 - np.minimum(1, usual / np.maximum(magnitude, np.finfo(float).tiny))
        bands = [
            transform.istft(spectrum * share[:, np.newaxis], k1=audio.samples.size).astype(np.float32)
            for share in grid.band_shares(transform.f)
        ]
        return cls(audio, np.stack(bands))

    def without(self, *parts: Part) -> Audio:
        """Return the recording without these parts."""
        samples = self.audio.samples.copy()
        for part in parts:
            where = part.stretch.where
            samples[where] -= part.stretch.share * self.standing_out[list(part.bands), where].sum(axis=0)
        return Audio(samples, self.audio.rate_hz, self.audio.name)


def _transform(rate_hz: int) -> ShortTimeFFT:
    # Importing it takes half a second.
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    length = round(_FRAME_S * rate_hz)
    return ShortTimeFFT(hann(length, sym=False), hop=length // _FRAMES_AT_ONCE, fs=rate_hz)
