"""Synthetic patients: the short sounds."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.data.synthetic.sounds import S1_TONES, S2_TONES, S3_TONES, SNAP_TONES, Tone, add_sound, tuned

RATE_HZ = 4000


def one(tones: tuple[Tone, ...], onset_s: float = 0.1, level: float = 1.0, seed: int = 0) -> np.ndarray:
    """Return one second with one sound in it."""
    out = np.zeros(RATE_HZ)
    add_sound(out, RATE_HZ, tones, np.array([onset_s]), np.array([level]), np.random.default_rng(seed))
    return out


def duration_s(sound: np.ndarray) -> float:
    """Return how long a sound stays within 30 dB of its peak."""
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() * 10 ** (-30 / 20))
    return float(loud[-1] - loud[0]) / RATE_HZ


def centre_hz(sound: np.ndarray) -> float:
    """Return the mean frequency, weighted by energy."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((np.fft.rfftfreq(len(sound), 1 / RATE_HZ) * power).sum() / power.sum())


def test_the_first_sound_is_long_and_low_and_the_second_shorter_and_higher() -> None:
    """S1 lasts 0.08 to 0.16 s around 30 to 70 Hz; S2 lasts 0.05 to 0.12 s and lies higher."""
    s1, s2 = one(S1_TONES), one(S2_TONES)
    assert 0.08 <= duration_s(s1) <= 0.16
    assert 0.05 <= duration_s(s2) <= 0.12
    assert duration_s(s2) < duration_s(s1)
    assert 30 <= centre_hz(s1) <= 70
    assert 50 <= centre_hz(s2) <= 110
    assert centre_hz(s1) < centre_hz(s2)


def test_the_third_sound_is_the_lowest_and_the_snap_the_highest_and_shortest() -> None:
    """S3 lies at 25 to 50 Hz; the opening snap above S2, and over in 50 ms."""
    assert 25 <= centre_hz(one(S3_TONES)) <= 50
    assert centre_hz(one(SNAP_TONES)) > centre_hz(one(S2_TONES))
    assert duration_s(one(SNAP_TONES)) < 0.05


def test_a_sound_begins_at_its_onset_and_has_died_away_at_its_end() -> None:
    """Nothing before the onset; less than a thousandth of the peak is cut off at the end."""
    sound = one(S1_TONES, onset_s=0.1)
    assert not sound[: int(0.1 * RATE_HZ)].any()
    last = np.flatnonzero(sound)[-1]
    assert abs(sound[last]) < 2e-3 * np.abs(sound).max()


def test_level_scales_a_sound() -> None:
    """Twice the level is twice the amplitude."""
    np.testing.assert_allclose(one(S2_TONES, level=2.0), 2 * one(S2_TONES, level=1.0))


def test_what_falls_outside_the_recording_is_left_out() -> None:
    """A sound that began before the start or lasts beyond the end is cut, not wrapped around."""
    early, late = one(S1_TONES, onset_s=-0.02), one(S1_TONES, onset_s=0.99)
    assert np.abs(early[:400]).max() > 0.1
    assert not early[2000:].any()
    assert not late[: int(0.99 * RATE_HZ)].any()
    assert not one(S1_TONES, onset_s=3.0).any()


def test_patients_valves_differ_but_stay_valves(rng: np.random.Generator) -> None:
    """Over 200 patients the first sound's centre stays between 25 and 110 Hz, and varies."""
    centres = [centre_hz(one(tuned(S1_TONES, rng))) for _ in range(200)]
    assert min(centres) > 25
    assert max(centres) < 110
    assert np.std(centres) == pytest.approx(8, abs=5)
