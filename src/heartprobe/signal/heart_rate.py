"""How fast the heart beats, and how far to believe that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.signal.envelope import ENVELOPE_HZ, contrast, heart_envelope, periodicity

#: Rates that are looked for, in beats per minute. Schmidt et al. (2010) look between 30 and 120; children and
#: excited adults are faster.
SLOWEST_BPM: Final = 35.0
FASTEST_BPM: Final = 180.0

#: Longest lag at which a cycle is looked for.
LONGEST_CYCLE_S: Final = 60 / SLOWEST_BPM

#: Two and three cycles resemble one another as well as one does. The shortest cycle within a fifth of the best is
#: taken. On BMD-HS this agrees with the patient's other recordings in the same posture more often than the best alone,
#: which is the rule of Schmidt et al.: docs/prediction.md has the figures.
_NEARLY_AS_GOOD = 0.8

#: Below this the rate is not given. Noise without a heart stays below in 95 of 100 recordings of 5 s, and in all
#: that are longer; docs/prediction.md says how often a given rate is right.
LEAST_CONFIDENCE: Final = 0.4

#: A sound whose loud moments are hardly louder than its quiet ones is a tone, however regular its ripple; steady noise
#: has 1.2, and slow beats that are over in a tenth of the time have little more.
_LEAST_CONTRAST = 1.1


@dataclass(frozen=True, slots=True)
class HeartRate:
    """The heart rate of one recording.

    Attributes:
        bpm: Beats per minute; `None` where no rate can be believed.
        confidence: The share of the envelope's changes that come again with the next beat, 0 to 1.
            Noise and an irregular heart make it small.
    """

    bpm: float | None
    confidence: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"bpm": self.bpm, "confidence": self.confidence}


def heart_rate(audio: Audio) -> HeartRate:
    """Estimate the heart rate of a recording from the autocorrelation of its envelope.

    A rate is given from a confidence of `LEAST_CONFIDENCE` on, and never guessed below.
    """
    return rate_in(heart_envelope(audio))


def rate_in(envelope: NDArray[np.float64]) -> HeartRate:
    """Return the rate of an envelope; without any confidence where it is steady."""
    if contrast(envelope) < _LEAST_CONTRAST:
        return HeartRate(None, 0.0)
    return rate_of(periodicity(envelope, LONGEST_CYCLE_S))


def rate_of(likeness: NDArray[np.float64]) -> HeartRate:
    """Return the rate that a periodicity tells.

    Args:
        likeness: What `periodicity` returns, `(lags,)`.
    """
    lags = np.arange(max(1, round(60 / FASTEST_BPM * ENVELOPE_HZ)), likeness.size - 1)
    peaks = lags[(likeness[lags] > likeness[lags - 1]) & (likeness[lags] >= likeness[lags + 1])]
    if not peaks.size or likeness[peaks].max() <= 0:
        return HeartRate(None, 0.0)
    best = likeness[peaks].max()
    first = int(peaks[likeness[peaks] >= _NEARLY_AS_GOOD * best][0])
    confidence = float(min(1.0, best))
    if confidence < LEAST_CONFIDENCE:
        return HeartRate(None, confidence)
    return HeartRate(60 * ENVELOPE_HZ / (first + _summit(likeness[first - 1 : first + 2])), confidence)


def _summit(three: NDArray[np.float64]) -> float:
    """Return where the parabola through a peak and its neighbours is highest, from the peak, in lags."""
    before, peak, after = three
    return float(0.5 * (before - after) / (before - 2 * peak + after))
