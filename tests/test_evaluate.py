"""A trained model on other data: the same numbers as its own run, and nothing counted that is unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from heartprobe.config.load import load_config
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.errors import ConfigError, DataError
from heartprobe.evaluate import FILES, evaluate_bundle
from heartprobe.experiment import run_experiment
from heartprobe.machine import Machine
from heartprobe.predict import Predictor
from heartprobe.progress import SilentProgress

OVERRIDES = ["models.default_model=logmel", "training.multi_label=true", "evaluation.bootstrap_draws=100"]


@pytest.fixture(scope="module")
def recordings(synthetic: Path) -> RecordingSet:
    return read_bmd_hs(synthetic, load_config().dataset)


@pytest.fixture(scope="module")
def run(recordings: RecordingSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A holdout run of all labels."""
    folder = tmp_path_factory.mktemp("runs") / "holdout"
    machine = Machine(device="cpu")
    run_experiment(load_config(overrides=OVERRIDES), recordings, folder, machine=machine, progress=SilentProgress())
    return folder


def evaluate(run: Path, recordings: RecordingSet, folder: Path) -> dict[str, Any]:
    predictor = Predictor.open(run / "bundle", device="cpu")
    return evaluate_bundle(predictor, recordings, folder, seed=42, draws=100, progress=SilentProgress())


def with_labels(recordings: RecordingSet, change: Callable[[Patient], dict[str, int | None]]) -> RecordingSet:
    return replace(recordings, patients={p: replace(v, labels=change(v)) for p, v in recordings.patients.items()})


def test_the_test_patients_of_a_run_get_the_same_predictions(
    run: Path, recordings: RecordingSet, tmp_path: Path
) -> None:
    """Row by row, but for the fold that they were in."""
    expected = pd.read_csv(run / "predictions.csv")
    report = evaluate(run, recordings.of_patients(expected.patient_id.unique()), tmp_path / "again")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "again" / "predictions.csv"), expected)
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == list(FILES)
    assert report["data"]["patients"] == 4
    assert report["calibration"]["method"] == report["settings"]["model"]["calibration"] == "platt"
    assert list(report["decisions"]["labels"]) == ["N", "AS", "AR", "MR", "MS"]
    assert len(report["positions"]["positions"]) == 8
    assert "nothing was here" in report["audit"]["with_demographics"]["reason"]
    assert any("synthetic patients, which is tested here" in note for note in report["notes"])


def test_a_label_that_the_data_set_does_not_know_is_not_measured(
    run: Path, recordings: RecordingSet, tmp_path: Path
) -> None:
    """A data set of normal and abnormal hearts says nothing about the four lesions."""
    binary = with_labels(recordings, lambda patient: {"N": patient.labels["N"], "AS": None})
    report = evaluate(run, binary, tmp_path / "binary")
    assert report["task"]["labels"] == ["N"]
    assert list(report["levels"]["patient"]["labels"]) == ["N"]
    assert set(pd.read_csv(tmp_path / "binary" / "predictions.csv").label) == {"N"}
    assert "made-up does not know" not in " ".join(report["notes"])
    assert any(
        note.endswith("does not know AS, AR, MR, MS, which the model also predicts.") for note in report["notes"]
    )


def test_an_unknown_label_of_a_patient_counts_nowhere(run: Path, recordings: RecordingSet, tmp_path: Path) -> None:
    """With the AS of five patients unknown, it is measured over the other fifteen."""
    unknown = set(recordings.patient_ids[:5])
    partly = with_labels(recordings, lambda p: {**p.labels, "AS": None} if p.patient_id in unknown else dict(p.labels))
    report = evaluate(run, partly, tmp_path / "partly")
    labels = report["levels"]["patient"]["labels"]
    assert [labels[label]["auroc"]["n"] for label in ("N", "AS")] == [20, 15]
    assert sum(labels["AS"]["confusion"].values()) == 15
    table = pd.read_csv(tmp_path / "partly" / "predictions.csv")
    assert table[table.patient_id.isin(unknown) & (table.label == "AS")].truth.isna().all()


def test_nothing_in_common_is_one_sentence(run: Path, recordings: RecordingSet, tmp_path: Path) -> None:
    strange = with_labels(recordings, lambda _: {"murmur": 1})
    with pytest.raises(DataError, match="knows murmur: they have none in common"):
        evaluate(run, strange, tmp_path / "strange")


def test_a_folder_with_something_else_is_left_alone(run: Path, recordings: RecordingSet, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"holds thesis\.txt, which no evaluation has left"):
        evaluate(run, recordings, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["thesis.txt"]


def test_a_model_with_a_given_threshold(recordings: RecordingSet, tmp_path: Path) -> None:
    """The model that comes with heartprobe: its threshold was given, and the report says so."""
    predictor = Predictor.shipped()
    report = evaluate_bundle(predictor, recordings, tmp_path / "out", seed=42, draws=100, progress=SilentProgress())
    assert report["decisions"]["labels"]["N"]["thresholds"] == [{"repeat": 0, "fold": 0, "threshold": 0.5}]
    assert "declared from a probability that was given on" in (tmp_path / "out" / "report.md").read_text()


def test_demographics_that_are_unknown_are_named(recordings: RecordingSet, tmp_path: Path) -> None:
    """The mean stands for the age of three of twenty patients, which nobody would guess from the report."""
    config = load_config(overrides=[*OVERRIDES, 'dataset.demographics=["age","smoker"]'])
    machine = Machine(device="cpu")
    run_experiment(config, recordings, tmp_path / "run", machine=machine, progress=SilentProgress())
    unknown = set(recordings.patient_ids[:3])
    partly = {
        p: replace(v, demographics=replace(v.demographics, age=None)) if p in unknown else v
        for p, v in recordings.patients.items()
    }
    report = evaluate(tmp_path / "run", replace(recordings, patients=partly), tmp_path / "partly")
    assert (
        "The model uses what is not known of everybody: of 20 patients, age is unknown of 3. The mean of those that it "
        "was trained on stands for what is unknown."
    ) in report["notes"]
    whole = evaluate(tmp_path / "run", recordings, tmp_path / "whole")
    assert not any("not known of everybody" in note for note in whole["notes"])
