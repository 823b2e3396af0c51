"""Synthetic patients: each murmur in its part of the beat, with its shape and its pitch."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.data.synthetic.cycle import Clock, Rhythm, clock, draw_beats
from heartprobe.data.synthetic.murmurs import BANDS, Murmur, MurmurKind, envelope, level, opening_snap_s, sound

RATE_HZ = 4000
RHYTHM = Rhythm(rate_bpm=60, irregularity=0.0, sinus_arrhythmia=0.0)


@pytest.fixture(scope="module")
def now() -> Clock:
    """Twenty seconds of a heart that beats once a second, with a systole of about 0.349 s."""
    beats = draw_beats(RHYTHM, 20.0, 0.0, np.random.default_rng(3))
    return clock(beats, RHYTHM, 20 * RATE_HZ, RATE_HZ, 0.0)


def share(part: np.ndarray, values: np.ndarray) -> float:
    """Return the share of the energy that lies in a part."""
    return float((values[part] ** 2).sum() / (values**2).sum())


@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0])
def test_every_shape_lies_between_nothing_and_one(now: Clock, severity: float) -> None:
    """No shape is negative or above 1, and each reaches at least 0.9 somewhere."""
    for kind in BANDS:
        shape = envelope(Murmur(kind, 3, severity), now)
        assert shape.min() >= 0
        assert 0.9 <= shape.max() <= 1 + 1e-9, kind


@pytest.mark.parametrize(
    ("kind", "is_systolic"), [("AS", True), ("MR", True), ("flow", True), ("AR", False), ("MS", False)]
)
@pytest.mark.parametrize("severity", [0.0, 1.0])
def test_a_murmur_sounds_in_its_part_of_the_beat(
    now: Clock, rng: np.random.Generator, kind: MurmurKind, is_systolic: bool, severity: float
) -> None:
    """At least 93 % of the energy of AS, MR and flow lies in systole, of AR and MS in diastole."""
    values = sound(Murmur(kind, 3, severity), now, RATE_HZ, rng)
    in_systole = now.since_a2_s < 0
    assert share(in_systole if is_systolic else ~in_systole, values) > 0.93


def test_aortic_stenosis_is_a_diamond_between_the_sounds(now: Clock) -> None:
    """Silent for 50 ms after S1 and in the last 10 ms before A2; the peak moves from 35 to 65 % of the way."""
    for severity, expected in ((0.0, 0.35), (1.0, 0.65)):
        shape = envelope(Murmur("AS", 3, severity), now)
        assert shape[now.since_s1_s < 0.0499].max() < 1e-9
        assert shape[now.since_a2_s > -0.0099].max() < 1e-9
        peak = np.argmax(shape)
        way = (now.since_s1_s[peak] - 0.050) / (now.systole_s[peak] - 0.010 - 0.050)
        assert way == pytest.approx(expected, abs=0.01)


def test_mitral_regurgitation_fills_systole_and_goes_beyond_the_second_sound(now: Clock) -> None:
    """Within 30 ms of S1 it has its level, keeps at least 85 % of it up to A2, and ends 30 ms later."""
    shape = envelope(Murmur("MR", 3, 0.5), now)
    plateau = (now.since_s1_s > 0.030) & (now.since_a2_s < -0.011)
    assert shape[plateau].min() >= 0.85
    assert shape[np.abs(now.since_a2_s - 0.005) < 0.002].min() > 0.4
    assert not shape[now.since_a2_s > 0.0301].any()


def test_aortic_regurgitation_is_loudest_at_once_and_fades(now: Clock) -> None:
    """Full 20 ms after A2; after a further decay time (0.10 s mild, 0.30 s severe) down to 37 %."""
    for severity, decay_s in ((0.0, 0.10), (1.0, 0.30)):
        shape = envelope(Murmur("AR", 3, severity), now)
        assert not shape[now.since_a2_s < 0].any()
        assert shape[np.argmin(np.abs(now.since_a2_s - 0.020))] == pytest.approx(1.0, abs=0.02)
        assert shape[np.argmin(np.abs(now.since_a2_s - 0.020 - decay_s))] == pytest.approx(np.exp(-1), abs=0.02)


def test_mitral_stenosis_rumbles_after_the_snap_and_rises_before_the_next_beat(now: Clock) -> None:
    """Silence before the snap, a rumble, and in the last 50 ms a crescendo that S1 cuts off."""
    shape = envelope(Murmur("MS", 3, 0.5), now)
    assert not shape[now.since_a2_s < opening_snap_s(0.5)].any()
    assert shape[np.argmin(np.abs(now.since_a2_s - 0.15))] > 0.9
    late = shape[np.argmin(np.abs(now.until_s1_s - 0.015))]
    before = shape[np.argmin(np.abs(now.until_s1_s - 0.15))]
    assert late > 2 * before
    assert shape[now.until_s1_s < 0.0005].max() < 0.06


def test_the_opening_snap_comes_earlier_the_tighter_the_valve() -> None:
    """120 ms after A2 where mild, 40 ms where severe."""
    assert opening_snap_s(0.0) == pytest.approx(0.120)
    assert opening_snap_s(1.0) == pytest.approx(0.040)


@pytest.mark.parametrize(
    ("kind", "low_hz", "high_hz"),
    [("AS", 65, 520), ("AR", 150, 650), ("MR", 90, 530), ("MS", 30, 190), ("flow", 65, 230)],
)
def test_a_murmur_has_its_pitch(
    now: Clock, rng: np.random.Generator, kind: MurmurKind, low_hz: float, high_hz: float
) -> None:
    """At least nine tenths of the energy lie in its frequency range."""
    power = np.abs(np.fft.rfft(sound(Murmur(kind, 3, 0.5), now, RATE_HZ, rng))) ** 2
    frequency_hz = np.fft.rfftfreq(20 * RATE_HZ, 1 / RATE_HZ)
    inside = (frequency_hz >= low_hz) & (frequency_hz <= high_hz)
    assert power[inside].sum() / power.sum() > 0.9


def test_the_rumble_is_the_lowest_and_the_blowing_leak_the_highest(now: Clock, rng: np.random.Generator) -> None:
    """Centre frequencies in the order MS, flow, AS, MR, AR."""
    frequency_hz = np.fft.rfftfreq(20 * RATE_HZ, 1 / RATE_HZ)
    centres = {}
    for kind in BANDS:
        power = np.abs(np.fft.rfft(sound(Murmur(kind, 3, 0.5), now, RATE_HZ, rng))) ** 2
        centres[kind] = (frequency_hz * power).sum() / power.sum()
    assert sorted(centres, key=centres.__getitem__) == ["MS", "flow", "AS", "MR", "AR"]


def test_pitch_moves_the_whole_spectrum(now: Clock) -> None:
    """A pitch of 1.5 raises the centre frequency by half."""
    frequency_hz = np.fft.rfftfreq(20 * RATE_HZ, 1 / RATE_HZ)
    centres = []
    for pitch in (1.0, 1.5):
        power = np.abs(np.fft.rfft(sound(Murmur("MR", 3, 0.5, pitch), now, RATE_HZ, np.random.default_rng(1)))) ** 2
        centres.append((frequency_hz * power).sum() / power.sum())
    assert centres[1] / centres[0] == pytest.approx(1.5, rel=0.05)


def test_a_grade_is_five_decibels() -> None:
    """One grade is a factor of 1.8 in amplitude; a grade 3 MR has 6 % of the first sound."""
    assert level(Murmur("MR", 3, 0.5)) == pytest.approx(0.06)
    assert level(Murmur("MR", 4, 0.5)) == pytest.approx(0.108)
    assert level(Murmur("MR", 1, 0.5)) == pytest.approx(0.06 / 1.8**2)
