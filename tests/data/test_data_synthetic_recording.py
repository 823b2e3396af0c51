"""Synthetic patients: one recording, put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heartprobe.data.recordings import Position
from heartprobe.data.synthetic import Murmur, SyntheticPatient, random_patient, synthesise
from heartprobe.data.synthetic.chest import Chest
from heartprobe.data.synthetic.recording import heart_sound

APEX = Position("sup", "Mit")


@pytest.fixture(scope="module")
def healthy() -> SyntheticPatient:
    """A healthy heart at 60 per minute, as regular as a metronome, breathing calmly."""
    patient = replace(random_patient((), np.random.default_rng(11)), murmurs=(), chest=Chest())
    return replace(patient, rhythm=replace(patient.rhythm, rate_bpm=60, sex="M", irregularity=0, sinus_arrhythmia=0))


def test_a_recording_has_its_length_its_peak_and_its_type(healthy: SyntheticPatient) -> None:
    """20 s at 4 kHz are 80 000 float32 samples with a peak of 0.99; other lengths and rates follow."""
    samples = synthesise(healthy, APEX, np.random.default_rng(0))
    assert samples.dtype == np.float32
    assert samples.shape == (80_000,)
    assert np.abs(samples).max() == pytest.approx(0.99)
    assert synthesise(healthy, APEX, np.random.default_rng(0), duration_s=2.5, rate_hz=2000).shape == (5000,)


def test_the_same_generator_gives_the_same_sound_and_another_another(healthy: SyntheticPatient) -> None:
    """Nothing is random but through the generator that is passed in."""
    first, again, other = (synthesise(healthy, APEX, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_two_sounds_a_beat_at_the_right_times(healthy: SyntheticPatient) -> None:
    """In the energy over the beat at 60 per minute, S1 stands at 0 s and S2 near 0.35 s; silence before and between."""
    now, heard = heart_sound(healthy, APEX, np.random.default_rng(3))
    slots = (now.since_s1_s * 1000).astype(int) // 10
    energy = np.array([np.mean(heard[slots == slot] ** 2) for slot in range(100)])
    in_ms = np.arange(100) * 10
    s1, s2 = energy[in_ms < 150].argmax() * 10, 250 + energy[(in_ms >= 250) & (in_ms < 500)].argmax() * 10
    assert 0 <= s1 <= 60
    assert 350 <= s2 <= 400
    assert energy[20:34].mean() < 0.01 * energy[s1 // 10]
    assert energy[60:].mean() < 0.01 * energy[s2 // 10]


@pytest.mark.parametrize(
    ("kind", "start_s", "end_s"),
    [("AS", 0.05, 0.36), ("MR", 0.0, 0.40), ("AR", 0.34, 1.0), ("MS", 0.40, 1.0)],
)
def test_a_murmur_changes_its_interval_and_nothing_else(
    healthy: SyntheticPatient, kind: str, start_s: float, end_s: float
) -> None:
    """The same recording with and without a murmur differs only between these times after S1."""
    sick = replace(healthy, murmurs=(Murmur(kind, 3.0, 0.5),))  # type: ignore[arg-type]
    without = heart_sound(healthy, APEX, np.random.default_rng(6))[1]
    now, with_it = heart_sound(sick, APEX, np.random.default_rng(6))
    difference = np.abs(with_it - without)
    inside = (now.since_s1_s >= start_s) & (now.since_s1_s <= end_s)
    assert difference[~inside].max(initial=0.0) < 1e-9
    assert difference[inside].max() > 0.05


def test_only_mitral_stenosis_has_a_snap(healthy: SyntheticPatient) -> None:
    """A mild MS clicks 120 ms after A2, before its rumble begins; a severe one hardly."""
    clicks = []
    for severity in (0.0, 1.0):
        sick = replace(healthy, murmurs=(Murmur("MS", 1.0, severity),))
        without = heart_sound(healthy, APEX, np.random.default_rng(6))[1]
        now, with_it = heart_sound(sick, APEX, np.random.default_rng(6))
        snap_s = 0.120 - 0.080 * severity
        window = (now.since_a2_s > snap_s) & (now.since_a2_s < snap_s + 0.010)
        clicks.append(float(np.abs(with_it - without)[window].max()))
    assert clicks[0] > 0.15
    assert clicks[1] < 0.5 * clicks[0]


def test_sitting_up_quickens_the_heart(healthy: SyntheticPatient) -> None:
    """At 60 per minute lying, a beat lasts 1 s; sitting, 1/1.07 s."""
    for posture, beat_s in (("sup", 1.0), ("sit", 1 / 1.07)):
        now, _ = heart_sound(healthy, Position(posture, "Mit"), np.random.default_rng(0))  # type: ignore[arg-type]
        np.testing.assert_allclose(now.since_s1_s + now.until_s1_s, beat_s)


def test_a_third_sound_follows_the_second_by_a_seventh_of_a_second(healthy: SyntheticPatient) -> None:
    """With S3, the difference begins 140 ms after A2."""
    third = replace(healthy, valves=replace(healthy.valves, s3_level=0.2))
    without = heart_sound(healthy, APEX, np.random.default_rng(8))[1]
    now, with_it = heart_sound(third, APEX, np.random.default_rng(8))
    changed = np.abs(with_it - without) > 1e-6
    assert now.since_a2_s[changed & (now.since_a2_s > 0)].min() == pytest.approx(0.140, abs=0.005)


def test_every_patient_makes_finite_sound_at_every_position(rng: np.random.Generator) -> None:
    """All lesions together, short recordings, low rates: no NaN, no overflow."""
    for seed in range(5):
        patient = random_patient(("AS", "AR", "MR", "MS"), np.random.default_rng(seed))
        for posture in ("sup", "sit"):
            samples = synthesise(patient, Position(posture, "Tri"), rng, duration_s=2.0, rate_hz=1000)  # type: ignore[arg-type]
            assert np.isfinite(samples).all()
            assert np.abs(samples).max() == pytest.approx(0.99)
