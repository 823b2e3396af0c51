"""Synthetic patients: when things happen."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.data.synthetic.cycle import Rhythm, clock, draw_beats, lung_volume, systole_s

METRONOME = Rhythm(rate_bpm=60, irregularity=0.0, sinus_arrhythmia=0.0)


@pytest.mark.parametrize(
    ("rate_bpm", "sex", "expected_s"),
    [
        (60, "M", 0.349),  # 0.541 - 0.0022 * 60 - 0.060
        (60, "F", 0.360),  # 0.540 - 0.0020 * 60 - 0.060
        (75, "M", 0.316),
        (100, "M", 0.261),
        (100, "F", 0.280),
    ],
)
def test_systole_shortens_with_the_heart_rate(rate_bpm: float, sex: str, expected_s: float) -> None:
    """The time from S1 to S2 follows the published line, worked out by hand."""
    assert systole_s(rate_bpm, sex) == pytest.approx(expected_s, abs=1e-9)


def test_at_60_per_minute_diastole_is_twice_as_long_as_systole_and_at_120_as_long() -> None:
    """At rest a third of the beat is systole; a fast heart takes the time from diastole."""
    assert systole_s(60) / 1.0 == pytest.approx(0.35, abs=0.01)
    assert systole_s(120) / 0.5 == pytest.approx(0.43, abs=0.01)


def test_a_regular_heart_at_60_beats_every_second(rng: np.random.Generator) -> None:
    """Without irregularity beats are one second apart, and each ends where the next begins."""
    beats = draw_beats(METRONOME, 10.0, 0.0, rng)
    np.testing.assert_allclose(np.diff(beats.s1_s), 1.0)
    np.testing.assert_allclose(beats.next_s1_s[:-1], beats.s1_s[1:])
    np.testing.assert_allclose(beats.a2_s - beats.s1_s, 0.349, atol=0.012)


def test_the_beats_cover_the_recording(rng: np.random.Generator) -> None:
    """The first beat has begun when the recording starts, the last one ends after it."""
    for rate in (45, 76, 118):
        beats = draw_beats(Rhythm(rate_bpm=rate), 8.0, 0.3, rng)
        assert -60 / 45 <= beats.s1_s[0] <= 0
        assert beats.next_s1_s[-1] >= 8.0


def test_the_mean_rate_is_kept(rng: np.random.Generator) -> None:
    """Irregularity and breathing move single beats, not the mean by more than 3 %."""
    beats = draw_beats(Rhythm(rate_bpm=80, sinus_arrhythmia=0.08), 300.0, 0.0, rng)
    assert 60 / np.diff(beats.s1_s).mean() == pytest.approx(80, rel=0.03)


def test_lungs_empty_and_fill_once_a_breath() -> None:
    """At 15 breaths a minute: empty at 0 s, full at 2 s, empty again at 4 s."""
    volume = lung_volume(np.array([0.0, 2.0, 4.0]), 15.0, 0.0)
    np.testing.assert_allclose(volume, [0.0, 1.0, 0.0], atol=1e-9)


def test_inspiration_splits_the_second_sound_and_quickens_the_heart(rng: np.random.Generator) -> None:
    """Split: 10 ms on empty lungs, 40 ms on full ones; beats that begin on full lungs are shorter."""
    rhythm = Rhythm(rate_bpm=70, irregularity=0.0, sinus_arrhythmia=0.1)
    beats = draw_beats(rhythm, 120.0, 0.0, rng)
    np.testing.assert_allclose(beats.split_s, 0.010 + 0.030 * beats.lung)
    assert beats.split_s.min() == pytest.approx(0.010, abs=0.001)
    assert beats.split_s.max() == pytest.approx(0.040, abs=0.001)
    length_s = beats.next_s1_s - beats.s1_s
    np.testing.assert_allclose(length_s, 60 / 70 * (1 - 0.1 * (beats.lung - 0.5)))


def test_the_clock_says_where_every_sample_stands(rng: np.random.Generator) -> None:
    """Since S1, since A2 and until the next S1 add up to the beat, at every sample."""
    beats = draw_beats(METRONOME, 5.0, 0.0, rng)
    now = clock(beats, METRONOME, 5000, 1000, 0.0)
    np.testing.assert_allclose(now.since_s1_s + now.until_s1_s, 1.0)
    np.testing.assert_allclose(now.since_s1_s - now.since_a2_s, now.systole_s)
    assert now.since_s1_s.min() >= 0
    assert now.until_s1_s.min() >= 0
    first_beat = np.flatnonzero(np.diff(now.since_s1_s) < 0)[0] + 1
    assert first_beat / 1000 == pytest.approx(beats.s1_s[1], abs=0.001)
