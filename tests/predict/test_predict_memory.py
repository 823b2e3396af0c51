"""Recordings that are in memory, and one that is given twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heart_like_sounds import beating
from heartprobe.audio import Audio, decode_audio, read_audio
from heartprobe.data.recordings import Demographics, Position
from heartprobe.decisions.prediction import PatientPrediction
from heartprobe.errors import AudioError, ConfigError
from heartprobe.predict import GivenPatient, GivenRecording, Predictor
from trained_model import files_of, trained


def predicted(predictor: Predictor, *recordings: GivenRecording, uses_poor: bool = False) -> PatientPrediction:
    (prediction,) = predictor.predict_each([GivenPatient("somebody", recordings)], uses_poor=uses_poor)
    return prediction


def test_where_a_recording_comes_from_changes_nothing(predictor: Predictor, synthetic: Path) -> None:
    """A file, its bytes and its samples get the same answers, to the last bit."""
    place = Position("sup", "Aor")
    file = files_of(synthetic, "patient_002")[0]
    content = file.read_bytes()
    answered = {
        predicted(predictor, GivenRecording(source, "x.wav", place))
        for source in (file, content, decode_audio(content, "y"), replace(read_audio(file), name="z"))
    }
    results = [prediction.as_dict() for prediction in answered]
    assert results[0]["patient"] is not None
    assert results[0]["recordings"][0]["name"] == "x.wav"
    assert results[0]["recordings"][0]["position"] == "sup_Aor"
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    ("spoil", "kind", "sentence"),
    [
        (lambda _: b"", "empty", "heart.wav has no content, a sound file was expected"),
        (lambda _: b"<html>", "unreadable", "heart.wav cannot be read as sound"),
        (lambda content: content[:20_000], "truncated", "heart.wav is broken off: it holds 9978 of the 20000 samples"),
    ],
)
def test_bytes_that_are_no_recording_are_named_and_left_out(
    predictor: Predictor, synthetic: Path, spoil: object, kind: str, sentence: str
) -> None:
    """The others are answered as if alone."""
    good, other = (file.read_bytes() for file in files_of(synthetic, "patient_002")[:2])
    alone = predicted(predictor, GivenRecording(good, "good.wav"))
    bad = GivenRecording(spoil(other), "heart.wav")  # type: ignore[operator]
    both = predicted(predictor, bad, GivenRecording(good, "good.wav"))
    assert both.answers == alone.answers
    assert [recording.problem is None for recording in both.recordings] == [False, True]
    (finding,) = both.recordings[0].findings
    assert (finding.kind, finding.subject, finding.is_problem) == (kind, "heart.wav", True)
    assert finding.detail == both.recordings[0].problem
    assert finding.detail.startswith(sentence)


def test_samples_of_poor_quality_are_called_by_their_name(predictor: Predictor) -> None:
    """Not by the one that whoever made the sound gave it."""
    noise = np.random.default_rng(0).standard_normal(24_000).astype(np.float32) / 6
    given = GivenRecording(Audio(noise, 4000, "elsewhere/noise.wav"), "first")
    (recording,) = predicted(predictor, given).recordings
    assert str(recording.problem).startswith("first holds no heartbeat that can be told from noise")
    (wanted,) = predicted(predictor, given, uses_poor=True).recordings
    assert wanted.problem is None
    assert [finding.kind for finding in wanted.findings] == ["no-heartbeat"]


def test_the_same_sound_does_not_count_twice(predictor: Predictor, synthetic: Path, tmp_path: Path) -> None:
    """Whatever file holds it. Where poor ones are wanted it does, as in training. Another patient's is another one."""
    one, other = files_of(synthetic, "patient_002")[:2]
    samples, rate_hz = soundfile.read(one, dtype="int16")
    soundfile.write(tmp_path / "again.flac", samples, rate_hz)
    distinct = predicted(predictor, GivenRecording(one, "one.wav"), GivenRecording(other, "other.wav"))
    again = [
        GivenRecording(one, "one.wav"),
        GivenRecording(tmp_path / "again.flac", "deep/again.flac"),
        GivenRecording(other, "other.wav"),
    ]
    repeated = predicted(predictor, *again)
    assert repeated.answers == distinct.answers
    assert [recording.problem is None for recording in repeated.recordings] == [True, False, True]
    second = repeated.recordings[1]
    assert (second.answers, second.windows) == ((), ())
    assert second.problem == (
        "again.flac holds exactly the same sound as one.wav, a recording of its own was expected; "
        "leave one of them out."
    )
    wanted = predicted(predictor, *again, uses_poor=True)
    assert wanted.answers != distinct.answers
    assert not wanted.has_problems
    for prediction in (repeated, wanted):
        kinds = [[one.kind for one in recording.findings if one.is_problem] for recording in prediction.recordings]
        assert kinds == [[], ["identical"], []]
    twice = predicted(predictor, *again[:1], GivenRecording(one, "one.wav"))
    assert twice.recordings[1].problem == (
        f"{one.name} is given more than once; it counts once. Name each recording once."
    )
    both = [GivenPatient(name, (GivenRecording(one, "one.wav"),)) for name in ("Ada", "Bea")]
    assert [prediction.has_problems for prediction in predictor.predict_each(both)] == [False, False]


def test_probabilities_of_one_recording(predictor: Predictor, synthetic: Path) -> None:
    """What is said of the recording before calibration, whatever its quality."""
    file = files_of(synthetic, "patient_003")[0]
    probabilities = predictor.recording_probabilities(read_audio(file))
    (recording,) = predicted(predictor, GivenRecording(file, "x"), uses_poor=True).recordings
    assert predictor.labels == ("N", "AS", "AR", "MR", "MS")
    assert probabilities.shape == (5,)
    # An answer's was turned into that of the finding and back.
    assert probabilities.tolist() == pytest.approx([answer.uncalibrated for answer in recording.answers], rel=1e-12)
    noise = np.random.default_rng(0).standard_normal(24_000).astype(np.float32)
    assert predictor.recording_probabilities(Audio(noise, 4000)).shape == (5,)


def test_probabilities_of_one_recording_need_what_the_model_uses(synthetic: Path, tmp_path: Path) -> None:
    folder = trained(synthetic, tmp_path / "run", 'dataset.demographics=["age"]')
    sound = Audio(beating(70, 6.0).astype(np.float32), 4000)
    with Predictor.open(folder / "bundle", device="cpu") as predictor:
        with pytest.raises(ConfigError, match="uses age beside the sound; give --age"):
            predictor.recording_probabilities(sound)
        young = predictor.recording_probabilities(sound, Demographics(age=20))
        old = predictor.recording_probabilities(sound, Demographics(age=80))
    assert young.tolist() != old.tolist()


def test_a_sound_of_which_nothing_is_left_is_refused(synthetic: Path, tmp_path: Path) -> None:
    """1 Hz in a model that hears 100 to 400 Hz: an error for one recording, a finding for a patient."""
    folder = trained(synthetic, tmp_path / "run", "audio.bandpass_hz=[100,400]")
    hum = Audio(np.cos(np.arange(24_000) * 2 * np.pi / 4000).astype(np.float32), 4000, "hum.wav")
    with Predictor.open(folder / "bundle", device="cpu") as predictor:
        with pytest.raises(AudioError, match=r"hum\.wav is silent between the frequencies that are kept"):
            predictor.recording_probabilities(hum)
        (recording,) = predicted(predictor, GivenRecording(hum, "x"), uses_poor=True).recordings
    assert str(recording.problem).startswith("x is silent between the frequencies")
