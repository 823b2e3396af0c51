"""When the heart beats."""

from __future__ import annotations

import numpy as np
import pytest

from heart_like_sounds import RATE_HZ, audio, beating
from heartprobe.data.recordings import Demographics, Position
from heartprobe.data.synthetic.chest import Chest
from heartprobe.data.synthetic.cycle import Rhythm
from heartprobe.data.synthetic.murmurs import Murmur
from heartprobe.data.synthetic.patient import SyntheticPatient, Valves
from heartprobe.data.synthetic.recording import heart_sound, synthesise
from heartprobe.data.synthetic.sensor import Sensor
from heartprobe.signal.beats import beat_times_s
from heartprobe.signal.heart_rate import HeartRate


def thumping(at_s: np.ndarray, *, second: float = 0.6, duration_s: float = 20.0) -> np.ndarray:
    """Return a thump of 50 Hz at each time, a softer one (or a louder) 0.3 s later, and a little noise."""
    time = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    sound = 0.02 * np.random.default_rng(0).standard_normal(time.size)
    for begin in at_s:
        for later, pitch, level in ((0.0, 50, 1.0), (0.3, 70, second)):
            sound += level * np.exp(-(((time - begin - later) / 0.025) ** 2)) * np.sin(2 * np.pi * pitch * time)
    return sound


def worst_s(found: np.ndarray, known: np.ndarray) -> float:
    """Return how far a beat lies from the nearest known one at most, in both directions."""
    apart = np.abs(found[:, np.newaxis] - known)
    return float(max(apart.min(axis=0).max(), apart.min(axis=1).max()))


@pytest.mark.parametrize("bpm", [40, 55, 72, 90, 120, 150, 170])
def test_beats_of_a_known_rate(bpm: float) -> None:
    """All of them and no others, within 50 ms."""
    known = np.arange(0.06, 20.0, 60 / bpm)
    found = beat_times_s(audio(beating(bpm)))
    inner = known[(known > 0.1) & (known < 19.9)]
    assert np.abs(found[:, np.newaxis] - inner).min(axis=0).max() < 0.05
    assert np.abs(found[:, np.newaxis] - known).min(axis=1).max() < 0.05
    assert found.size == pytest.approx(known.size, abs=1)


@pytest.mark.parametrize("rate_hz", [1000, 2000, 44_100])
def test_rate_of_the_recording_does_not_matter(rate_hz: int) -> None:
    found = beat_times_s(audio(beating(64, rate_hz=rate_hz), rate_hz))
    assert worst_s(found, np.arange(0.06, 20.0, 60 / 64)) < 0.05


def test_first_sound_is_told_from_a_louder_second_one() -> None:
    """At 60 beats per minute the pause after S1 is 0.3 s, that after S2 0.7 s."""
    known = np.arange(0.5, 19.5, 1.0)
    assert worst_s(beat_times_s(audio(thumping(known, second=2.0))), known) < 0.05
    assert worst_s(beat_times_s(audio(thumping(known, second=0.5))), known) < 0.05


def test_missing_beat_is_not_made_up() -> None:
    known = np.delete(np.arange(0.5, 19.5, 0.8), 10)
    found = beat_times_s(audio(thumping(known)))
    assert found.size == known.size
    assert worst_s(found, known) < 0.05


def test_extra_beat_is_found() -> None:
    """It comes after 0.56 s instead of 0.8 s, and the pause behind it makes up for that."""
    known = np.arange(0.5, 19.5, 0.8)
    known[10] -= 0.24
    found = beat_times_s(audio(thumping(known)))
    assert found.size == known.size
    assert worst_s(found, known) < 0.05


@pytest.mark.parametrize("kind", [None, "AS", "AR", "MR"])
@pytest.mark.parametrize("bpm", [50, 75, 100])
def test_synthetic_patients(bpm: float, kind: str | None) -> None:
    """Nine of ten first sounds within 100 ms, with breathing, irregular beats, a stethoscope, and a loud murmur."""
    patient = SyntheticPatient(
        lesions=(),
        demographics=Demographics(),
        rhythm=Rhythm(bpm),
        valves=Valves(),
        murmurs=(Murmur(kind, 4.0, 0.5),) if kind else (),  # type: ignore[arg-type]
        chest=Chest(),
        sensor=Sensor(),
    )
    position = Position("sup", "Mit")
    clock, _ = heart_sound(patient, position, np.random.default_rng(2))
    onsets = np.flatnonzero(np.diff(clock.since_s1_s) < 0) / RATE_HZ
    found = beat_times_s(audio(synthesise(patient, position, np.random.default_rng(2))))
    inner = onsets[(onsets > 0.1) & (onsets < 19.8)]
    late = found[:, np.newaxis] - inner
    near = (late > -0.07) & (late < 0.13)  # S1 is loudest 30 ms after its onset
    assert near.any(axis=0).mean() >= 0.9
    assert near.any(axis=1).sum() >= 0.9 * (found.size - 2)


def test_no_rate_no_beats() -> None:
    noise = np.random.default_rng(0).standard_normal(40_000)
    assert beat_times_s(audio(noise)).size == 0
    assert beat_times_s(audio(beating(60)), HeartRate(None, 0.2)).size == 0


def test_rate_that_is_known_is_taken() -> None:
    """Half of the true rate makes half of the beats."""
    every = beat_times_s(audio(beating(80)))
    half = beat_times_s(audio(beating(80)), HeartRate(40.0, 0.9))
    assert half.size == pytest.approx(every.size / 2, abs=1)


@pytest.mark.parametrize("duration_s", [3.0, 5.0])
def test_short_recordings(duration_s: float) -> None:
    found = beat_times_s(audio(beating(90, duration_s)))
    assert (np.diff(found) > 0).all()
    assert found.size == pytest.approx(duration_s * 1.5, abs=1)
