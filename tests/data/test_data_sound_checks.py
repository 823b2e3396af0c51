"""Clipping and flat stretches, on samples chosen by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.data.sound_checks import clipped_samples, longest_flat_s


def sound(*samples: float) -> NDArray[np.float32]:
    return np.array(samples, dtype=np.float32)


def sine(frequency_hz: float, *, peak: float, steps: int, rate_hz: int = 4000) -> NDArray[np.float32]:
    """Two seconds of a sine, rounded to `steps` steps from zero to full scale."""
    wave = peak * np.sin(2 * np.pi * frequency_hz * np.arange(2 * rate_hz) / rate_hz + 0.3)
    return (np.round(wave * steps) / steps).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "clipped"),
    [
        (sound(0, 0.01, 0.5, 0.5, 0.5, 0.1, -0.2), 3),
        (sound(0, 0.01, 0.5, 0.5, 0.1, -0.2, 0.5), 0),
        (sound(0, 0.01, 0.5, 0.4, -0.9, -0.9, -0.9, -0.9, 0.1), 4),
        (sound(1, 1, 1, 0.2, 0.21, -1, -1, -1, -1, -1), 8),
        (sound(0, 0.3, 0.3, 0.3, 0.01, 0.4, -0.2), 0),
    ],
)
def test_runs_at_the_extremes_are_counted(samples: NDArray[np.float32], clipped: int) -> None:
    """Three or more in a row at the top or the bottom; below the extreme they are no clipping."""
    assert clipped_samples(samples) == clipped


@pytest.mark.parametrize("level", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("gain", [1.0, 0.05])
def test_a_cut_off_sine_is_clipped_at_any_level(level: float, gain: float) -> None:
    """Also where the recording was made softer, or louder, after it was clipped."""
    cut = np.clip(sine(47.3, peak=1.0, steps=32768), -level, level)
    n_cut = int((np.abs(cut) == np.float32(level)).sum())
    assert n_cut > 1000
    assert 0.95 * n_cut < clipped_samples(cut / np.float32(level) * np.float32(gain)) <= n_cut


@pytest.mark.parametrize("peak", [1.0, 0.3, 0.02])
@pytest.mark.parametrize("frequency_hz", [5.0, 40.0, 130.0])
@pytest.mark.parametrize(("steps", "rate_hz"), [(128, 4000), (32768, 4000), (32768, 44100), (8_388_608, 2000)])
def test_a_whole_sine_is_not_clipped(peak: float, frequency_hz: float, steps: int, rate_hz: int) -> None:
    """Neither slow sounds nor soft ones, nor coarse steps, nor full scale pass for clipping."""
    assert clipped_samples(sine(frequency_hz, peak=peak, steps=steps, rate_hz=rate_hz)) == 0


def test_huge_samples_do_not_overflow() -> None:
    """A float file may hold any finite number."""
    assert clipped_samples(sound(3e38, 3e38, 3e38, -3e38, 0, 1)) == 3


def test_the_longest_stretch_of_equal_samples_is_measured() -> None:
    """At 4 Hz, six equal samples last 1.5 s, wherever they stand."""
    for samples in ([0, 1, 1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1, 0, 2], [0, 2, 1, 1, 1, 1, 1, 1]):
        assert longest_flat_s(Audio(sound(*samples), 4)) == 1.5
    assert longest_flat_s(Audio(sound(0, 1, 0, 1), 4)) == 0.25
