"""The short sounds: first (S1), second (S2) and third (S3) heart sound, opening snap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: A sound has died away after so many of its decay times (below -60 dB).
_DECAYS_HEARD = 7.0

#: A struck valve sounds a little higher at first: by this fraction, falling back in this time (s).
_CHIRP, _CHIRP_S = 0.25, 0.020


@dataclass(frozen=True, slots=True)
class Tone:
    """One damped vibration.

    Attributes:
        frequency_hz: Where it settles.
        decay_s: Time in which it falls to 1/e.
        rise_s: Time constant of its beginning.
        level: Amplitude relative to the other tones of its sound.
        phase: In radians.
    """

    frequency_hz: float
    decay_s: float
    rise_s: float
    level: float
    phase: float = 0.0


#: S1 lasts about 0.15 s with its energy at 25 to 45 Hz, falling by 6.5 dB per octave above (Sakai 1971).
S1_TONES = (
    Tone(34.0, 0.026, 0.010, 1.0),
    Tone(62.0, 0.020, 0.006, 0.8),
    Tone(115.0, 0.012, 0.004, 0.35),
)

#: S2 is shorter, about 0.12 s, and higher, about 50 Hz with a flat part from 80 to 140 Hz (Sakai 1971).
S2_TONES = (
    Tone(50.0, 0.017, 0.006, 1.0),
    Tone(88.0, 0.013, 0.004, 0.75),
    Tone(150.0, 0.008, 0.003, 0.4),
)

#: S3 is a dull thud of 25 to 50 Hz.
S3_TONES = (Tone(32.0, 0.022, 0.012, 1.0),)

#: The opening snap is a short click, higher than S2.
SNAP_TONES = (Tone(120.0, 0.009, 0.002, 1.0), Tone(210.0, 0.006, 0.002, 0.6))


def tuned(tones: Sequence[Tone], rng: np.random.Generator) -> tuple[Tone, ...]:
    """Return the tones as one patient's valves sound: frequencies, decays, levels and phases vary."""
    pitch, length = rng.normal(1.0, 0.10), rng.normal(1.0, 0.12)
    return tuple(
        Tone(
            frequency_hz=tone.frequency_hz * max(0.6, pitch * rng.normal(1.0, 0.05)),
            decay_s=tone.decay_s * max(0.6, length),
            rise_s=tone.rise_s,
            level=tone.level * float(np.exp(rng.normal(0.0, 0.25))),
            phase=rng.uniform(-0.6, 0.6),
        )
        for tone in tones
    )


def add_sound(
    out: Array, rate_hz: int, tones: Sequence[Tone], onsets_s: Array, levels: Array, rng: np.random.Generator
) -> None:
    """Add one sound per beat to `out`.

    Args:
        out: `(n,)`, changed in place; what would fall outside is left out.
        rate_hz: Sampling rate.
        tones: What the sound is made of; their sum has a peak of about 1 at level 1.
        onsets_s: `(beats,)`, between samples too.
        levels: `(beats,)`, amplitudes.
        rng: Source of the small differences from beat to beat (4 % in pitch, 8 % in loudness).
    """
    length_s = _DECAYS_HEARD * max(tone.decay_s for tone in tones)
    first = np.ceil(onsets_s * rate_hz).astype(np.int64)
    index = first[:, None] + np.arange(int(length_s * rate_hz))
    since_s = np.maximum(index / rate_hz - onsets_s[:, None], 0.0)
    detune = rng.normal(1.0, 0.04, size=(len(onsets_s), 1))
    chirped_s = since_s + _CHIRP * _CHIRP_S * (1 - np.exp(-since_s / _CHIRP_S))
    total = np.zeros_like(since_s)
    for tone in tones:
        envelope = (1 - np.exp(-since_s / tone.rise_s)) * np.exp(-since_s / tone.decay_s)
        total += tone.level * envelope * np.sin(2 * np.pi * tone.frequency_hz * detune * chirped_s + tone.phase)
    total *= (levels * rng.normal(1.0, 0.08, size=len(onsets_s)))[:, None]
    inside = (index >= 0) & (index < len(out))
    np.add.at(out, index[inside], total[inside])
