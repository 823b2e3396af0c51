"""The heart rate, and when it is not given."""

from __future__ import annotations

import numpy as np
import pytest

from heart_like_sounds import audio, beating
from heartprobe.data.recordings import Demographics, Position
from heartprobe.data.synthetic.chest import Chest
from heartprobe.data.synthetic.cycle import Rhythm
from heartprobe.data.synthetic.patient import SyntheticPatient, Valves
from heartprobe.data.synthetic.recording import synthesise
from heartprobe.data.synthetic.sensor import Sensor
from heartprobe.signal.envelope import ENVELOPE_HZ, periodicity
from heartprobe.signal.heart_rate import LEAST_CONFIDENCE, heart_rate, rate_of


@pytest.mark.parametrize("bpm", [40, 55, 72, 90, 120, 150, 170])
def test_known_rate_is_found(bpm: float) -> None:
    """Within two in a hundred, neither doubled nor halved."""
    found = heart_rate(audio(beating(bpm)))
    assert found.bpm == pytest.approx(bpm, rel=0.02)
    assert found.confidence > 0.55


@pytest.mark.parametrize("rate_hz", [1000, 2000, 8000, 44_100])
def test_rate_of_the_recording_does_not_matter(rate_hz: int) -> None:
    found = heart_rate(audio(beating(64, rate_hz=rate_hz), rate_hz))
    assert found.bpm == pytest.approx(64, rel=0.02)


@pytest.mark.parametrize("bpm", [45, 60, 80, 110, 135])
def test_synthetic_patients_have_the_rate_that_they_were_given(bpm: float) -> None:
    """With breathing, irregular beats and the noise of a stethoscope."""
    patient = SyntheticPatient(
        lesions=(),
        demographics=Demographics(),
        rhythm=Rhythm(bpm),
        valves=Valves(),
        murmurs=(),
        chest=Chest(),
        sensor=Sensor(),
    )
    sound = synthesise(patient, Position("sup", "Mit"), np.random.default_rng(1))
    assert heart_rate(audio(sound)).bpm == pytest.approx(bpm, rel=0.06)


@pytest.mark.parametrize("duration_s", [5, 10, 30])
def test_noise_has_no_rate(duration_s: int) -> None:
    """Of 20 noises none is given a rate."""
    noises = [np.random.default_rng(seed).standard_normal(duration_s * 4000) for seed in range(20)]
    found = [heart_rate(audio(noise)) for noise in noises]
    assert [one.bpm for one in found] == [None] * 20
    assert max(one.confidence for one in found) < LEAST_CONFIDENCE


def test_confidence_falls_as_noise_rises() -> None:
    heard = [heart_rate(audio(beating(70, noise=noise))).confidence for noise in (0.02, 0.3, 3.0)]
    assert heard[0] > heard[1] > heard[2]
    assert heard[2] < LEAST_CONFIDENCE


def test_steady_tone_has_no_rate() -> None:
    """However regular the ripple of its envelope."""
    time = np.arange(80_000) / 4000
    assert heart_rate(audio(np.sin(2 * np.pi * 10 * time))).bpm is None


def test_periodicity_of_an_envelope_by_hand() -> None:
    """One beat a second: 1 after 1 s, -1 after half of one."""
    time = np.arange(20 * ENVELOPE_HZ) / ENVELOPE_HZ
    likeness = periodicity(2 + np.cos(2 * np.pi * time), 1.5)
    assert likeness.size == 151
    assert likeness[[0, 50, 100]] == pytest.approx([1, -1, 1], abs=0.02)
    assert np.array_equal(periodicity(np.ones(500), 1.0), np.zeros(101))


def test_shortest_of_nearly_equal_cycles_is_taken() -> None:
    """A peak of 0.9 at 0.8 s, and a little more at 1.6 s: 75 beats per minute, not 37.5."""
    likeness = np.zeros(172)
    likeness[[79, 80, 81]] = (0.5, 0.9, 0.5)
    likeness[[159, 160, 161]] = (0.5, 0.95, 0.5)
    found = rate_of(likeness)
    assert (found.bpm, found.confidence) == (75.0, 0.95)
    likeness[80] = 0.7  # less than 0.8 of the best
    assert rate_of(likeness).bpm == 37.5


def test_nothing_that_comes_again() -> None:
    assert rate_of(np.linspace(1, 0, 172)).as_dict() == {"bpm": None, "confidence": 0.0}
    assert rate_of(np.ones(3)).bpm is None
