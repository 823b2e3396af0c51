"""Synthetic patients: the stethoscope and its noise."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.data.synthetic.cycle import Clock, Rhythm, clock, draw_beats, lung_volume
from heartprobe.data.synthetic.noise import band_gain, band_noise
from heartprobe.data.synthetic.sensor import Sensor, record, response

RATE_HZ = 4000
RHYTHM = Rhythm(rate_bpm=70)
SILENT = Sensor(body_level=0, room_level=0, breath_level=0, clicks_per_s=0)


@pytest.fixture(scope="module")
def now() -> Clock:
    """Twenty seconds of a beating heart; breathing begins on empty lungs."""
    return clock(draw_beats(RHYTHM, 20.0, 0.0, np.random.default_rng(0)), RHYTHM, 20 * RATE_HZ, RATE_HZ, 0.0)


def test_the_response_is_half_power_at_its_corners() -> None:
    """-3 dB at 20 and at 450 Hz, flat in between, -24 dB an octave above."""
    gain = response(np.array([20.0, 100.0, 450.0, 900.0]), Sensor(low_hz=20, high_hz=450))
    np.testing.assert_allclose(gain, [0.707, 1.0, 0.707, 0.062], atol=0.003)


def test_a_tilt_is_in_decibels_per_octave() -> None:
    """With -6.02 dB per octave, 200 Hz has half the amplitude of 100 Hz."""
    flat, tilted = (response(np.array([100.0, 200.0]), Sensor(tilt_db_per_octave=t)) for t in (0.0, -6.02))
    assert tilted[1] / flat[1] == pytest.approx(0.5 * tilted[0] / flat[0], rel=1e-3)


def test_a_silent_sensor_only_colours(now: Clock, rng: np.random.Generator) -> None:
    """A tone of 100 Hz passes a noiseless sensor unchanged, one of 1600 Hz hardly passes."""
    time_s = np.arange(20 * RATE_HZ) / RATE_HZ
    for frequency_hz, gain in ((100, 1.0), (1600, 0.006)):
        tone = np.sin(2 * np.pi * frequency_hz * time_s)
        heard = record(tone, SILENT, now, RATE_HZ, rng)
        assert np.abs(heard[RATE_HZ:-RATE_HZ]).max() == pytest.approx(gain, rel=0.1)


def test_breathing_is_louder_in_than_out_and_silent_between(now: Clock, rng: np.random.Generator) -> None:
    """Sound follows the flow: full while the lungs fill, half while they empty, none at the turn."""
    sensor = Sensor(body_level=0, room_level=0, breath_level=1, clicks_per_s=0)
    heard = record(np.zeros(20 * RATE_HZ), sensor, now, RATE_HZ, rng)
    phase = (np.arange(20 * RATE_HZ) / RATE_HZ * RHYTHM.breaths_per_min / 60) % 1
    filling, emptying, turn = ((phase > low) & (phase < low + 0.1) for low in (0.25, 0.65, 0.95))
    loudness = [float(np.sqrt(np.mean(heard[part] ** 2))) for part in (filling, emptying, turn)]
    assert loudness[0] == pytest.approx(2 * loudness[1], rel=0.2)
    assert loudness[2] < 0.15 * loudness[0]
    assert lung_volume(np.array([2.0]), 15, 0)[0] == pytest.approx(1.0)


def test_clicks_come_as_often_as_they_should(now: Clock) -> None:
    """At 5 clicks a second a silent recording has sound in places; at 0 it has none."""
    for clicks_per_s in (0.0, 5.0):
        sensor = Sensor(body_level=0, room_level=0, breath_level=0, clicks_per_s=clicks_per_s)
        heard = record(np.zeros(20 * RATE_HZ), sensor, now, RATE_HZ, np.random.default_rng(1))
        loud = np.abs(heard) > 1e-3
        assert bool(loud.any()) is (clicks_per_s > 0)
        assert loud.mean() < 0.9


def test_noise_has_unit_level_and_stays_in_its_band(rng: np.random.Generator) -> None:
    """Root mean square 1; 95 % of the energy between 75 and 550 Hz for corners of 100 and 400 Hz."""
    noise = band_noise(20_000, RATE_HZ, 100, 400, rng)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1.0)
    power = np.abs(np.fft.rfft(noise)) ** 2
    frequency_hz = np.fft.rfftfreq(20_000, 1 / RATE_HZ)
    assert power[(frequency_hz > 75) & (frequency_hz < 550)].sum() / power.sum() > 0.95


def test_a_band_has_half_power_at_both_corners() -> None:
    """Amplitude 0.707 at each corner (a wide band, so that they do not touch)."""
    np.testing.assert_allclose(band_gain(np.array([10.0, 1000.0]), 10, 1000), 0.7071, atol=1e-4)
