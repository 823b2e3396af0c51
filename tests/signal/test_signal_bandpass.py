"""Tests of the band-pass."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.signal.bandpass import bandpass


def gain_at(frequency_hz: float, rate_hz: float = 4000) -> float:
    """Amplitude that a tone of 1 has after a band-pass from 25 to 400 Hz, in the middle of 4 s."""
    time = np.arange(round(4 * rate_hz)) / rate_hz
    filtered = bandpass(np.sin(2 * np.pi * frequency_hz * time), rate_hz, 25, 400)
    middle = slice(time.size // 4, time.size * 3 // 4)
    return float(np.sqrt(2 * np.mean(filtered[middle] ** 2)))


@pytest.mark.parametrize("rate_hz", [1000, 4000, 16_000])
def test_both_corners_are_halved_and_the_middle_passes(rate_hz: float) -> None:
    """Minus 3 dB, twice; the same at every rate."""
    assert gain_at(25, rate_hz) == pytest.approx(0.5, abs=0.01)
    assert gain_at(400, rate_hz) == pytest.approx(0.5, abs=0.01)
    assert gain_at(100, rate_hz) == pytest.approx(1.0, abs=0.01)


def test_slopes_are_second_order_run_twice() -> None:
    """A tenth of the lower corner is weakened by 100 each way, so by 10 000 in all."""
    assert 0.5e-4 < gain_at(2.5) < 2e-4


def test_nothing_moves_in_time() -> None:
    """A click stays where it is and its surroundings are symmetrical."""
    click = np.zeros(4001)
    click[2000] = 1.0

    filtered = bandpass(click, 4000, 25, 400)

    assert int(np.argmax(filtered)) == 2000
    np.testing.assert_allclose(filtered[1900:2000], filtered[2001:2101][::-1], atol=1e-6)


def test_ends_are_those_of_a_longer_recording(rng: np.random.Generator) -> None:
    """Within 100 ms of the start, filtered noise differs from the same noise heard from 1 s earlier by an eleventh."""
    errors = []
    for _ in range(50):
        longer = np.convolve(rng.standard_normal(12_000), np.ones(10) / 10, mode="same")
        errors.append((bandpass(longer[4000:], 4000, 25, 400) - bandpass(longer, 4000, 25, 400)[4000:])[:400])

    assert np.std(errors) < np.std(bandpass(longer, 4000, 25, 400)) / 11


def test_a_recording_shorter_than_the_lowest_cycle_is_filtered() -> None:
    """One second with a corner at 0.1 Hz: there is not enough to continue with, and no error."""
    tone = np.sin(2 * np.pi * 100 * np.arange(1000) / 1000)

    assert np.isfinite(bandpass(tone, 1000, 0.1, 400)).all()
