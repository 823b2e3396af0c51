"""Sounds of known rate and known faults, made in a moment."""

from __future__ import annotations

import numpy as np

from heartprobe.audio import Audio

RATE_HZ = 4000


def beating(
    bpm: float, duration_s: float = 20.0, *, noise: float = 0.02, rate_hz: int = RATE_HZ, seed: int = 0
) -> np.ndarray:
    """Return two thumps per beat, the second softer and a third of a second later, in noise; the peak is 1."""
    time = np.arange(round(duration_s * rate_hz)) / rate_hz
    since = time % (60 / bpm)
    systole = min(0.33, 0.4 * 60 / bpm)
    thumps = sum(
        level * np.exp(-(((since - at) / 0.025) ** 2)) * np.sin(2 * np.pi * pitch * time)
        for at, pitch, level in ((0.06, 50, 1.0), (0.06 + systole, 70, 0.6))
    )
    sound = thumps + noise * np.random.default_rng(seed).standard_normal(time.size)
    return sound / np.abs(sound).max()


def audio(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Audio:
    return Audio(np.asarray(samples, dtype=np.float32), rate_hz, "hand-made.wav")


def to_16_bit(samples: np.ndarray) -> np.ndarray:
    """Return samples as a converter of 16 bits stores them: what is beyond its range stays at its ends."""
    return np.clip(np.round(samples * 32767), -32768, 32767) / 32768
