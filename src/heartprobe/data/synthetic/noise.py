"""Random noise with a given spectrum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float64]


def shaped_noise(n_samples: int, gain: Array, rng: np.random.Generator) -> Array:
    """Return Gaussian noise of unit root mean square.

    Args:
        n_samples: Length.
        gain: `(k,)`, amplitude of each frequency of a real transform of `noise_length(n_samples)`.
        rng: Source of the noise.

    Returns:
        `(n_samples,)`.
    """
    parts = rng.standard_normal((2, len(gain)), dtype=np.float32)
    spectrum = (parts[0] + 1j * parts[1]) * gain.astype(np.float32)
    noise = fft.irfft(spectrum, noise_length(n_samples))[:n_samples].astype(np.float64)
    return np.asarray(noise / max(float(np.sqrt(np.mean(noise**2))), 1e-30))


def noise_length(n_samples: int) -> int:
    """Return the length of the transform that makes `n_samples` of noise."""
    return int(fft.next_fast_len(n_samples, real=True))


def frequencies_hz(n_samples: int, rate_hz: int) -> Array:
    """Return the frequencies that `shaped_noise` takes a gain for."""
    return np.asarray(fft.rfftfreq(noise_length(n_samples), 1 / rate_hz))


def band_gain(frequency_hz: Array, low_hz: float, high_hz: float, order: int = 4) -> Array:
    """Return the amplitude response of a Butterworth high-pass and low-pass in a row."""
    ratio = np.maximum(frequency_hz, 1e-6)
    return np.asarray(1 / np.sqrt((1 + (low_hz / ratio) ** (2 * order)) * (1 + (ratio / high_hz) ** (2 * order))))


def band_noise(n_samples: int, rate_hz: int, low_hz: float, high_hz: float, rng: np.random.Generator) -> Array:
    """Return noise of unit root mean square between two corners (24 dB per octave beyond them)."""
    return shaped_noise(n_samples, band_gain(frequencies_hz(n_samples, rate_hz), low_hz, high_hz), rng)
