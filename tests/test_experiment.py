"""An experiment from recordings to run folder: what it leaves, that it repeats itself, and that it resumes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from heartprobe.config.load import load_config
from heartprobe.config.schema import Config
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.decisions.fitting import fit_decider
from heartprobe.decisions.rows import prediction_rows
from heartprobe.errors import ConfigError, DataError, EncoderError
from heartprobe.evaluation.predictions.table import read_fusion_predictions, read_predictions
from heartprobe.experiment import run_experiment
from heartprobe.machine import Machine
from heartprobe.predict import Predictor
from heartprobe.progress import SilentProgress
from heartprobe.training.trainers import open_trainer
from tiny_encoders import save_tiny_encoder

CV = [
    "models.default_model=logmel",
    "training.multi_label=true",
    "evaluation.protocol=cv",
    "evaluation.folds=3",
    "evaluation.selection_folds=2",
    "evaluation.bootstrap_draws=100",
]


class Notes(SilentProgress):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


class Interrupts(Notes):
    """Ends a run in its third fold."""

    def note(self, text: str) -> None:
        super().note(text)
        if text.startswith("Repeat 0, fold 2"):
            raise KeyboardInterrupt


def run(folder: Path, data: Path, overrides: list[str], recordings: RecordingSet | None = None) -> dict[str, Any]:
    config = load_config(overrides=overrides)
    recordings = recordings or read_bmd_hs(data, config.dataset)
    return run_experiment(config, recordings, folder, machine=Machine(device="cpu"), progress=SilentProgress())


@pytest.fixture(scope="module")
def finished(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished cross-validation of all labels."""
    folder = tmp_path_factory.mktemp("runs") / "cv"
    run(folder, synthetic, CV)
    return folder


def test_run_folder_holds_what_the_design_says(finished: Path) -> None:
    found = sorted(path.relative_to(finished).as_posix() for path in finished.rglob("*") if path.is_file())
    assert found == [
        "bundle/MODEL_CARD.md",
        "bundle/bundle.json",
        "bundle/model.safetensors",
        "config.json",
        "environment.json",
        "predictions.csv",
        "predictions_companion.csv",
        "predictions_demographics.csv",
        "predictions_fusion.csv",
        "report.html",
        "report.json",
        "report.md",
        "splits.csv",
    ]


def test_every_patient_is_tested_once_and_never_developed_on(finished: Path) -> None:
    splits = pd.read_csv(finished / "splits.csv")
    predictions = pd.read_csv(finished / "predictions.csv")
    tested = splits[splits.part == "test"]
    assert len(tested) == tested.patient_id.nunique() == 20
    assert splits.groupby(["repeat", "fold"]).patient_id.value_counts().eq(1).all()
    predicted = predictions[["fold", "patient_id"]].drop_duplicates()
    assert predicted.merge(tested, on=["fold", "patient_id"]).shape[0] == 20


def test_report_can_be_computed_from_the_predictions(finished: Path) -> None:
    """Anyone with the table and scikit-learn comes to the same figures."""
    report = json.loads((finished / "report.json").read_text())
    table = pd.read_csv(finished / "predictions.csv")
    for level in ("patient", "recording"):
        scores = []
        for label in ("N", "AS", "AR", "MR", "MS"):
            rows = table[(table.level == level) & (table.label == label)]
            scores.append(roc_auc_score(rows.truth, rows.probability))
            assert report["levels"][level]["labels"][label]["auroc"]["value"] == pytest.approx(scores[-1], abs=1e-12)
        assert report["levels"][level]["macro"]["auroc"]["value"] == pytest.approx(np.mean(scores), abs=1e-12)


def test_patients_are_the_mean_of_their_recordings(finished: Path) -> None:
    table = pd.read_csv(finished / "predictions.csv")
    keys = ["patient_id", "label"]
    recordings = table[table.level == "recording"].groupby(keys).uncalibrated.mean()
    patients = table[table.level == "patient"].set_index(keys).uncalibrated
    assert (recordings - patients).abs().max() < 1e-12


def test_the_fusion_that_was_used_is_one_of_those_compared(finished: Path) -> None:
    """Its rows are the patients' rows, and every rule is about every patient."""
    table = read_predictions(finished / "predictions.csv")
    fusion = read_fusion_predictions(finished / "predictions_fusion.csv")
    assert fusion.rule.value_counts().to_dict() == dict.fromkeys(
        ("mean", "median", "max", "noisy-or", "any-positive", "learned"), 20 * 5
    )
    used = fusion[fusion.rule == "mean"].drop(columns="rule").reset_index(drop=True)
    patients = table[table.level == "patient"].reset_index(drop=True)
    pd.testing.assert_frame_equal(used, patients)


def test_every_section_of_a_report_is_there(finished: Path) -> None:
    report = json.loads((finished / "report.json").read_text())
    assert list(report) == [
        "schema",
        "created_by",
        "task",
        "data",
        "levels",
        "demographics_only",
        "calibration",
        "decisions",
        "curves",
        "positions",
        "fusion",
        "audit",
        "selection",
        "findings",
        "notes",
        "settings",
    ]
    assert set(report["fusion"]["weights"]["AS"]) == set(report["positions"]["positions"])
    assert report["audit"]["with_demographics"]["used"] == "audio_only"
    assert report["audit"]["site_probe"] == {"reason": "all recordings are of one site, bmd-hs"}


def test_thresholds_are_those_of_the_fold(finished: Path) -> None:
    """A decision is made where the calibrated probability of the finding reaches what its fold has chosen."""
    selection = json.loads((finished / "report.json").read_text())["selection"]
    table = pd.read_csv(finished / "predictions.csv").query("level == 'patient' and label in ['N', 'AS']")
    for row in table.itertuples():
        threshold = selection[row.fold]["decisions"]["labels"][row.label]["patients"]["threshold"]["value"]
        assert row.threshold == threshold
        finding = row.probability if row.label == "AS" else 1 - row.probability
        assert row.decision == (finding >= threshold if row.label == "AS" else finding < threshold)


def test_synthetic_patients_can_be_told_apart(finished: Path) -> None:
    report = json.loads((finished / "report.json").read_text())
    assert report["data"]["is_synthetic"] is True
    assert report["levels"]["patient"]["macro"]["auroc"]["value"] > 0.7
    assert "synthetic" in (finished / "report.md").read_text().lower()
    assert "synthetic" in (finished / "bundle" / "MODEL_CARD.md").read_text().lower()


def test_same_seed_gives_the_same_report(finished: Path, synthetic: Path, tmp_path: Path) -> None:
    """Byte for byte, computed from nothing stored."""
    run(tmp_path / "again", synthetic, CV)
    for name in ("report.json", "predictions.csv", "splits.csv", "bundle/model.safetensors", "bundle/bundle.json"):
        assert (tmp_path / "again" / name).read_bytes() == (finished / name).read_bytes(), name


def test_interrupted_run_goes_on_and_ends_the_same(finished: Path, synthetic: Path, tmp_path: Path) -> None:
    """Interrupted after its second fold; the first two are taken over."""
    config = load_config(overrides=CV)
    recordings = read_bmd_hs(synthetic, config.dataset)
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_experiment(config, recordings, folder, machine=Machine(device="cpu"), progress=Interrupts())
    assert not (folder / "report.json").exists()
    notes = Notes()
    run_experiment(config, recordings, folder, machine=Machine(device="cpu"), progress=notes)
    assert [text for text in notes.said if "taken over" in text] == [
        "Repeat 0, fold 0: taken over from the interrupted run.",
        "Repeat 0, fold 1: taken over from the interrupted run.",
    ]
    assert (folder / "report.json").read_bytes() == (finished / "report.json").read_bytes()
    assert (folder / "predictions.csv").read_bytes() == (finished / "predictions.csv").read_bytes()


def test_folds_are_not_taken_over_where_positions_have_changed(synthetic: Path, tmp_path: Path) -> None:
    """Sounds and patients are the same, but the weights of positions are fitted on where they were heard."""
    config, machine = load_config(overrides=CV), Machine(device="cpu")
    recordings = read_bmd_hs(synthetic, config.dataset)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(config, recordings, tmp_path / "run", machine=machine, progress=Interrupts())
    nowhere = replace(recordings, recordings=tuple(replace(r, position=None) for r in recordings.recordings))
    notes = Interrupts()
    with pytest.raises(KeyboardInterrupt):
        run_experiment(config, nowhere, tmp_path / "run", machine=machine, progress=notes)
    assert not [text for text in notes.said if "taken over" in text]


def test_other_settings_do_not_go_into_the_same_folder(finished: Path, synthetic: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds a run with other settings \(evaluation\.folds\)"):
        run(finished, synthetic, [*CV, "evaluation.folds=4"])


def test_foreign_folder_is_left_alone(synthetic: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="is not empty and holds no run"):
        run(tmp_path, synthetic, CV)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_unreadable_recordings_are_named_and_the_rest_is_trained(synthetic: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(synthetic, data)
    broken = sorted((data / "train").glob("*.wav"))[5:8]
    for path, content in zip(broken, (b"", b"not a sound", broken[2].read_bytes()[:2000]), strict=True):
        path.write_bytes(content)
    report = run(tmp_path / "run", data, CV)
    problems = {f["subject"]: f["kind"] for f in report["findings"] if f["is_problem"]}
    assert problems == {broken[0].stem: "empty", broken[1].stem: "unreadable", broken[2].stem: "truncated"}
    assert report["data"]["recordings"] == 157
    assert report["levels"]["recording"]["units"] == 157


def test_nothing_readable_is_one_sentence(synthetic: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(synthetic, data)
    for path in (data / "train").glob("*.wav"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="None of the 160 recordings can be used"):
        run(tmp_path / "run", data, CV)


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_binary_holdout_with_demographics(synthetic: Path, tmp_path: Path, head: str) -> None:
    report = run(
        tmp_path / "run",
        synthetic,
        [
            "models.default_model=modulation",
            f"models.head={head}",
            "training.epochs=5",
            'dataset.demographics=["age","sex","smoker","lives"]',
            "evaluation.bootstrap_draws=100",
        ],
    )
    assert report["task"]["labels"] == ["N"]
    parts = pd.read_csv(tmp_path / "run" / "splits.csv").part.value_counts().to_dict()
    assert parts == {"train": 13, "test": 4, "validation": 3}
    bundle = json.loads((tmp_path / "run" / "bundle" / "bundle.json").read_text())
    assert bundle["demographics"]["fields"] == ["age", "sex", "smoker", "lives"]
    assert "N" in report["demographics_only"]["levels"]["patient"]["labels"]


def test_test_patients_decide_nothing(synthetic: Path, tmp_path: Path) -> None:
    """With the labels of all test patients turned round, what was chosen, predicted and decided stays the same."""
    config: Config = load_config(overrides=["models.default_model=logmel", "evaluation.bootstrap_draws=100"])
    recordings = read_bmd_hs(synthetic, config.dataset)
    first = run(tmp_path / "first", synthetic, ["models.default_model=logmel", "evaluation.bootstrap_draws=100"])
    splits = pd.read_csv(tmp_path / "first" / "splits.csv")
    tested = set(splits[splits.part == "test"].patient_id)
    turned = {
        p: type(patient)(
            p, {k: None if v is None else 1 - v for k, v in patient.labels.items()} if p in tested else patient.labels
        )
        for p, patient in recordings.patients.items()
    }
    # The stratified split looks at labels, so it is taken from the first run by keeping its patients apart.
    parts = {part: tuple(group.patient_id) for part, group in splits.groupby("part")}
    split = Split(0, 0, parts["train"], (parts["validation"],), parts["test"])
    other = RecordingSet(recordings.name, recordings.recordings, turned, is_synthetic=True)
    trainer = open_trainer(config, other, Machine(device="cpu"), SilentProgress())
    model = trainer.fit(split, tmp_path / "work", SilentProgress())
    decider = fit_decider(model.validation, other, config.labels, config.evaluation)
    chosen = {k: v for k, v in first["selection"][0].items() if k in model.chosen or k == "decisions"}
    assert {**model.chosen, "decisions": decider.as_dict()} == chosen
    rows = prediction_rows(split, other, model.predict(split.test), decider)
    rows = rows[rows.level == "recording"].set_index("recording_id")
    table = pd.read_csv(tmp_path / "first" / "predictions.csv")
    stored = table[table.level == "recording"].set_index("recording_id").loc[rows.index]
    for column in ("uncalibrated", "probability", "threshold", "decision", "uncertain"):
        assert np.array_equal(rows[column].to_numpy(), stored[column].to_numpy()), column
    assert (rows.truth != stored.truth).all()


def test_fine_tuned_run_leaves_a_bundle_that_holds_its_encoder(synthetic: Path, tmp_path: Path) -> None:
    """Prediction from the bundle alone equals what the run predicted, and the original encoder is not needed."""
    encoder = save_tiny_encoder("wav2vec2-group-norm", tmp_path / "encoder")
    run(
        tmp_path / "run",
        synthetic,
        [
            f"models.default_model={encoder}",
            "training.freeze_encoder=false",
            "training.fine_tuning.epochs=1",
            "audio.time_scale=16",
            "evaluation.bootstrap_draws=100",
        ],
    )
    shutil.rmtree(encoder)
    table = pd.read_csv(tmp_path / "run" / "predictions.csv")
    recording = table[table.level == "recording"].iloc[0]
    wav = synthetic / "train" / f"{recording.recording_id}.wav"
    prediction = Predictor.open(tmp_path / "run" / "bundle", device="cpu").predict([wav], progress=SilentProgress())
    assert prediction.recordings[0].answers[0].probability == recording.probability


def test_results_are_not_overwritten_by_other_recordings(synthetic: Path, tmp_path: Path) -> None:
    """The same settings on other data do not go into the same folder."""
    run(tmp_path / "run", synthetic, CV)
    before = (tmp_path / "run" / "report.json").read_bytes()
    config = load_config(overrides=CV)
    recordings = read_bmd_hs(synthetic, config.dataset)
    fewer = recordings.of_patients(recordings.patient_ids[:-1])
    with pytest.raises(ConfigError, match="holds the results of the same settings on other recordings"):
        run(tmp_path / "run", synthetic, CV, fewer)
    assert (tmp_path / "run" / "report.json").read_bytes() == before


def test_identical_recordings_are_named(synthetic: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(synthetic, data)
    first, second = sorted((data / "train").glob("*.wav"))[:2]
    shutil.copyfile(first, second)
    report = run(tmp_path / "run", data, CV)
    identical = [f["subject"] for f in report["findings"] if f["kind"] == "identical"]
    assert len(identical) == 1
    assert set(identical[0].split(", ")) == {first.stem, second.stem}


def test_failed_start_leaves_no_folder_behind(synthetic: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="Did you mean 'logmel'"):
        run(tmp_path / "run", synthetic, ["models.default_model=logmle"])
    assert not (tmp_path / "run").exists()
