"""A trained model on new recordings."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from heart_like_sounds import beating
from heartprobe.data.recordings import VALVE_AREAS, Demographics
from heartprobe.errors import BundleError, ConfigError
from heartprobe.labels import finding_value
from heartprobe.predict import GivenPatient, GivenRecording, Predictor
from heartprobe.progress import SilentProgress
from trained_model import files_of, trained


def test_prediction_equals_what_the_run_predicted(run: Path, synthetic: Path) -> None:
    """For a test patient of the run, to the last bit: training and prediction share one path."""
    table = pd.read_csv(run / "predictions.csv")
    patient = table.patient_id.iloc[0]
    prediction = Predictor.open(run / "bundle", device="cpu").predict(files_of(synthetic, patient), uses_poor=True)
    rows = table[(table.level == "patient") & (table.patient_id == patient)].set_index("label")
    labels = ["N", "AS", "AR", "MR", "MS"]
    assert [answer.label for answer in prediction.answers] == labels
    for column in ("probability", "uncalibrated", "threshold"):
        assert [getattr(answer, column) for answer in prediction.answers] == list(rows[column][labels])
    is_declared = [answer.is_declared for answer in prediction.answers]
    assert is_declared == [rows.decision[label] == finding_value(label) for label in labels]
    assert [answer.decision == "uncertain" for answer in prediction.answers] == list(rows.uncertain[labels] == 1)
    heard = table[(table.level == "recording") & (table.patient_id == patient) & (table.label == "AS")]
    by_name = heard.set_index("recording_id").probability
    for recording in prediction.recordings:
        assert recording.answers[1].probability == by_name[recording.name.removesuffix(".wav")]


def test_unusable_recording_is_named_and_left_out(run: Path, synthetic: Path, tmp_path: Path) -> None:
    files = files_of(synthetic, "patient_002")
    silent = tmp_path / "nothing.wav"
    silent.write_bytes(b"")
    predictor = Predictor.open(run / "bundle", device="cpu")
    alone = predictor.predict(files[:2], progress=SilentProgress())
    with_broken = predictor.predict([files[0], silent, files[1]], progress=SilentProgress())
    assert with_broken.answers == alone.answers
    assert [r.problem is None for r in with_broken.recordings] == [True, False, True]
    assert "nothing.wav" in str(with_broken.recordings[1].problem)
    nothing = predictor.predict([silent], progress=SilentProgress())
    assert nothing.answers == ()
    assert nothing.as_dict()["patient"] is None
    assert str(nothing.problem).startswith("The only recording could not be used: nothing.wav has no content")
    two = predictor.predict([silent, tmp_path / "gone.wav"], progress=SilentProgress())
    assert str(two.problem).startswith(
        "None of the 2 recordings could be used; of the first: nothing.wav has no content"
    )
    assert alone.problem is None


def test_windows_are_answered_one_by_one(run: Path, synthetic: Path) -> None:
    """The mean of their probabilities before calibration is the recording's; they follow one another."""
    prediction = Predictor.open(run / "bundle", device="cpu").predict(files_of(synthetic, "patient_001")[:1])
    (recording,) = prediction.recordings
    assert [(window.start_s, window.end_s) for window in recording.windows] == [(0.0, 5.0)]
    for label, answer in enumerate(recording.answers):
        mean = sum(window.answers[label].uncalibrated for window in recording.windows) / len(recording.windows)
        assert answer.uncalibrated == pytest.approx(mean)
    assert prediction.as_dict()["recordings"][0]["windows"][0]["answers"]["AS"]["threshold"] > 0


def test_recording_without_a_heart_is_left_out_unless_it_is_wanted(run: Path, synthetic: Path, tmp_path: Path) -> None:
    """Reported either way."""
    noise = tmp_path / "noise.wav"
    soundfile.write(noise, np.random.default_rng(0).standard_normal(24_000) / 6, 4000)
    predictor = Predictor.open(run / "bundle", device="cpu")
    files = files_of(synthetic, "patient_001")[:1]
    alone = predictor.predict(files)
    with_noise = predictor.predict([*files, noise])
    assert with_noise.answers == alone.answers
    assert "holds no heartbeat that can be told from noise" in str(with_noise.recordings[1].problem)
    wanted = predictor.predict([*files, noise], uses_poor=True)
    assert wanted.answers != alone.answers
    assert wanted.recordings[1].problem is None
    assert [finding.kind for finding in wanted.recordings[1].findings] == ["no-heartbeat"]


def test_heart_rate_of_a_patient_is_the_median(run: Path, tmp_path: Path) -> None:
    for bpm in (60, 70, 90):
        soundfile.write(tmp_path / f"{bpm}.wav", beating(bpm, 10.0), 4000)
    prediction = Predictor.open(run / "bundle", device="cpu").predict(sorted(tmp_path.glob("*.wav")))
    assert prediction.heart_rate.bpm == pytest.approx(70, rel=0.02)


def test_many_patients_in_order(run: Path, synthetic: Path) -> None:
    """Everybody as if alone; one with too many recordings is answered with the reason, wherever it stands."""
    predictor = Predictor.open(run / "bundle", device="cpu")

    def given(patient: str, *files: Path) -> GivenPatient:
        return GivenPatient(patient, tuple(GivenRecording(path, path.name) for path in files))

    one, other = files_of(synthetic, "patient_001")[:2], files_of(synthetic, "patient_005")[:1]
    crowd = one * 5
    patients = [
        given("crowd", *crowd),
        given("a", *one),
        given("crowd", *crowd),
        given("b", *other),
        given("c", *crowd),
    ]
    answered = list(predictor.predict_each(iter(patients)))
    assert [prediction.patient_id for prediction in answered] == ["crowd", "a", "crowd", "b", "c"]
    assert [prediction.has_problems for prediction in answered] == [True, False, True, False, True]
    assert "10 recordings are given" in str(answered[0].problem)
    assert answered[1].answers == predictor.predict(one).answers
    assert answered[3].answers == predictor.predict(other).answers


def test_positions_are_read_from_file_names(synthetic: Path, tmp_path: Path) -> None:
    """The learned fusion weighs by them: under names without a position, all recordings weigh the same."""
    learned = trained(synthetic, tmp_path / "run", "evaluation.patient_rule=learned")
    folder = tmp_path / "bundle"
    shutil.copytree(learned / "bundle", folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["decision"]["labels"]["AS"]["position_weights"] = {"sup_Aor": 5.0}
    (folder / "bundle.json").write_text(json.dumps(manifest))
    predictor = Predictor.open(folder, device="cpu")
    files = sorted(files_of(synthetic, "patient_004"))
    placed = predictor.predict(files, uses_poor=True, progress=SilentProgress())
    assert {r.name.split("_", 2)[2].removesuffix(".wav"): r.position for r in placed.recordings} == {
        position: position for position in (f"{posture}_{area}" for posture in ("sit", "sup") for area in VALVE_AREAS)
    }
    unnamed = []
    for number, file in enumerate(files):
        unnamed.append(tmp_path / f"{number}.wav")
        shutil.copy(file, unnamed[-1])
    plain = predictor.predict(unnamed, uses_poor=True, progress=SilentProgress())
    assert {r.position for r in plain.recordings} == {None}
    aortic = next(r for r in placed.recordings if r.position == "sup_Aor").answers[1]
    distance = {
        name: abs(prediction.answers[1].uncalibrated - aortic.uncalibrated)
        for name, prediction in (("placed", placed), ("plain", plain))
    }
    assert distance["placed"] < distance["plain"]
    assert placed.answers[0] == plain.answers[0]


def test_no_file_is_refused(run: Path) -> None:
    with pytest.raises(ConfigError, match="No recording is given"):
        Predictor.open(run / "bundle").predict([], progress=SilentProgress())


def test_model_that_uses_demographics_asks_for_them(synthetic: Path, tmp_path: Path) -> None:
    folder = trained(synthetic, tmp_path / "run", 'dataset.demographics=["age","smoker"]')
    predictor = Predictor.open(folder / "bundle", device="cpu")
    files = files_of(synthetic, "patient_003")[:1]
    with pytest.raises(ConfigError, match="uses age, smoker beside the sound; give --age, --smoker"):
        predictor.predict(files, progress=SilentProgress())
    young = predictor.predict(files, demographics=Demographics(age=20, smoker=False), progress=SilentProgress())
    old = predictor.predict(files, demographics=Demographics(age=80, smoker=True), progress=SilentProgress())
    assert young.answers != old.answers


def test_another_encoder_is_refused(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(run / "bundle", folder)
    with pytest.raises(BundleError, match=r"is not the one that .* was trained with"):
        Predictor.open(folder, encoder="modulation")
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["encoder"]["source"] = str(tmp_path / "moved-away")
    (folder / "bundle.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"which is not there\. Say where it is now with --encoder"):
        Predictor.open(folder)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"labels": ["AS", "N", "AR", "MR", "MS"]}, "labels are AS, N, AR, MR, MS, but decision is about N, AS, AR"),
        ({"layer": 7}, "and layer 7, but"),
        ({"layer": "most"}, "is no valid model description: layer"),
        ({"front_end": {"rate_hz": 4000, "extra": 1}}, "front_end cannot be used"),
    ],
)
def test_description_that_contradicts_the_weights_is_refused(
    run: Path, tmp_path: Path, change: dict[str, object], text: str
) -> None:
    """Renamed labels would give one disease's probability the name of another."""
    folder = tmp_path / "bundle"
    shutil.copytree(run / "bundle", folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(manifest | change))
    with pytest.raises(BundleError, match=re.escape(text)):
        Predictor.open(folder)


def test_labels_renamed_throughout_are_refused(run: Path, tmp_path: Path) -> None:
    """The head knows its labels, too."""
    folder = tmp_path / "bundle"
    shutil.copytree(run / "bundle", folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["labels"] = ["AS", "N", "AR", "MR", "MS"]
    chosen = manifest["decision"]["labels"]
    manifest["decision"]["labels"] = {label: chosen[label] for label in manifest["labels"]}
    (folder / "bundle.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="but head predicts something else"):
        Predictor.open(folder)


def test_recordings_of_more_than_one_patient_are_refused(run: Path, synthetic: Path) -> None:
    files = [*files_of(synthetic, "patient_001"), *files_of(synthetic, "patient_002")]
    with pytest.raises(ConfigError, match="16 recordings are given, but a patient has at most 8"):
        Predictor.open(run / "bundle").predict(files, progress=SilentProgress())
