"""Tests of resampling."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.signal.resampling import resample


def tone(frequency_hz: float, rate_hz: float, duration_s: float = 2.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * rate_hz)) / rate_hz)


def test_equal_rates_hand_over_the_samples() -> None:
    """No filter touches them."""
    samples = np.array([1.0, -2.0, 3.0, 0.5])

    assert resample(samples, 4000, 16_000 / 4).tolist() == [1.0, -2.0, 3.0, 0.5]


@pytest.mark.parametrize(
    ("n", "from_hz", "to_hz", "expected"),
    [
        (80_000, 4000, 16_000, 320_000),
        (80_017, 4000, 16_000, 320_068),
        (40_000, 2000, 4000, 80_000),
        (44_100, 44_100, 4000, 4000),
        (4000, 4000, 16_000 / 3, 5333),
        (4001, 4000, 16_000 / 3, 5335),
    ],
)
def test_the_length_is_the_duration_times_the_new_rate(n: int, from_hz: float, to_hz: float, expected: int) -> None:
    """Rounded to a whole sample; the new rate need not be a whole number."""
    assert resample(np.zeros(n), from_hz, to_hz).shape == (expected,)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(4000, 16_000), (44_100, 4000), (2000, 16_000 / 3)])
def test_a_tone_stays_where_it_is(from_hz: float, to_hz: float) -> None:
    """100 Hz keep frequency, loudness and phase: nothing moves in time."""
    resampled = resample(tone(100, from_hz), from_hz, to_hz)
    inside = slice(resampled.size // 4, resampled.size * 3 // 4)

    assert np.abs(resampled - tone(100, to_hz, 2.0)[: resampled.size])[inside].max() < 1e-6


def test_what_the_new_rate_cannot_hold_is_gone() -> None:
    """3000 Hz at 16 kHz must not come back as 1000 Hz at 4 kHz."""
    resampled = resample(tone(3000, 16_000), 16_000, 4000)

    assert np.abs(resampled[1000:-1000]).max() < 1e-7
