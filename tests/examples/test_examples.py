"""The examples run on synthetic patients and do what they say."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from heartprobe.config.load import load_config
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.synthetic import write_synthetic

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw into files, whatever screen there is."""
    monkeypatch.setenv("MPLBACKEND", "agg")


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 patients with loud murmurs, four seconds each."""
    folder = tmp_path_factory.mktemp("examples") / "synthetic"
    return write_synthetic(folder, n_patients=24, seed=1, duration_s=4, grades=(4, 5))


def load(name: str) -> ModuleType:
    """Return an example as a module."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_example_says_how_to_use_it() -> None:
    """`--help` answers in words, and the docstring shows a command with the example's own name."""
    names = sorted(path.name for path in EXAMPLES.glob("*.py"))
    assert names == ["custom_encoder.py", "linear_probe.py", "own_recordings.py", "plots.py"]
    for name in names:
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        assert f"python examples/{name} " in text


def test_an_encoder_of_ones_own_goes_all_the_way(synthetic: Path) -> None:
    """A class that keeps the protocol gives an AUROC for every label, and finds loud murmurs better than chance."""
    aurocs = load("custom_encoder").evaluate(synthetic)
    assert list(aurocs) == ["N", "AS", "AR", "MR", "MS"]
    assert all(0 <= value <= 1 for value in aurocs.values())
    assert np.mean(list(aurocs.values())) > 0.6


def test_the_linear_probe_compares_encoders(synthetic: Path, tmp_path: Path) -> None:
    """One run folder for each encoder, and one line with every label and the mean."""
    example = load("linear_probe")
    report = example.probe(synthetic, "logmel", tmp_path, ["audio.duration=4", "evaluation.folds=3"])
    assert (tmp_path / "logmel" / "predictions.csv").is_file()
    line = example.summary(report)
    assert [line.count(f"{label} ") for label in ("N", "AS", "AR", "MR", "MS", "mean")] == [1] * 6
    assert f"mean {report['levels']['patient']['macro']['auroc']['value']:.3f}" in line


def sorted_into_folders(synthetic: Path, target: Path) -> Path:
    """Sort two recordings of each patient into LABEL/PATIENT/; the names of files repeat from patient to patient."""
    with (synthetic / "train.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            lesions = "+".join(label for label in ("AS", "AR", "MR", "MS") if row[label] == "1")
            patient = target / (lesions or "normal") / row["patient_id"]
            patient.mkdir(parents=True)
            for number in (1, 2):
                source = synthetic / "train" / f"{row[f'recording_{number}']}.wav"
                shutil.copyfile(source, patient / f"{number}.wav")
    return target


def test_folders_of_recordings_become_a_data_set(synthetic: Path, tmp_path: Path) -> None:
    """All 48 recordings of 24 patients are read, with the labels of their folders, the others unknown."""
    example = load("own_recordings")
    mine = sorted_into_folders(synthetic, tmp_path / "mine")
    config_file = example.lay_out(example.sounds_in(mine), tmp_path / "prepared")
    recordings = read_bmd_hs(tmp_path / "prepared", load_config(config_file).dataset)
    assert len(recordings.recordings) == 48
    assert len(recordings.patients) == 24
    assert not [finding for finding in recordings.findings if finding.is_problem]
    assert sum(patient.labels["N"] == 1 for patient in recordings.patients.values()) == 5
    both = recordings.patients[next(p for p in recordings.patients if p.startswith("AS+AR-"))]
    assert both.labels == {"N": 0, "AS": 1, "AR": 1, "MR": None, "MS": None}


def test_own_recordings_are_trained_on(synthetic: Path, tmp_path: Path) -> None:
    """The prepared folder gives a run with a model and a report."""
    example = load("own_recordings")
    mine = sorted_into_folders(synthetic, tmp_path / "mine")
    config_file = example.lay_out(example.sounds_in(mine), tmp_path / "prepared")
    report = example.train(tmp_path / "prepared", config_file, tmp_path / "run", ["evaluation.protocol=cv"])
    assert report["data"]["patients"] == 24
    assert report["data"]["recordings"] == 48
    assert report["levels"]["patient"]["labels"]["N"]["auroc"]["n"] == 24
    assert (tmp_path / "run" / "bundle" / "model.safetensors").is_file()


def test_a_table_says_the_same_as_folders(synthetic: Path, tmp_path: Path) -> None:
    """`file, patient, label`: unknown lesions of an abnormal heart stay unknown."""
    example = load("own_recordings")
    names = sorted(path.name for path in (synthetic / "train").iterdir())[:3]
    table = synthetic / "train" / "labels.csv"
    table.write_text(
        f"file,patient,label\n{names[0]},anna,normal\n{names[1]},anna,normal\n{names[2]},bert,abnormal\n",
        encoding="utf-8",
    )
    sounds = example.sounds_listed(table)
    table.unlink()
    config_file = example.lay_out(sounds, tmp_path / "prepared")
    assert json.loads(config_file.read_text())["dataset"]["recording_columns"] == ["recording_1", "recording_2"]
    recordings = read_bmd_hs(tmp_path / "prepared", load_config(config_file).dataset)
    assert [r.patient_id for r in recordings.recordings] == ["anna", "anna", "bert"]
    assert recordings.patients["anna"].labels == {"N": 1, "AS": 0, "AR": 0, "MR": 0, "MS": 0}
    assert recordings.patients["bert"].labels == {"N": 0, "AS": None, "AR": None, "MR": None, "MS": None}


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["TR"], "'TR' is no label"), (["normal", "AS"], "'anna' has several labels: AS, normal"), ([], "no recordings")],
)
def test_labels_that_cannot_be_are_refused(tmp_path: Path, labels: list[str], message: str) -> None:
    """An unknown word, a person with two labels, and a folder without recordings."""
    example = load("own_recordings")
    (tmp_path / "x.wav").write_bytes(b"")
    sounds = [example.Sound(tmp_path / "x.wav", "anna", label) for label in labels]
    with pytest.raises(SystemExit, match=message):
        example.lay_out(sounds, tmp_path / "prepared")


def test_a_file_without_a_patients_folder_is_a_person_of_its_own(tmp_path: Path) -> None:
    """LABEL/FILE is one patient for each file; LABEL/PATIENT/FILE one for each folder."""
    for name in ("normal/anna/1.wav", "normal/anna/2.wav", "normal/bert.wav", "AS/carl.flac", "normal/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    sounds = load("own_recordings").sounds_in(tmp_path)
    assert [(sound.patient, sound.label) for sound in sounds] == [
        ("AS-carl", "AS"),
        ("normal-anna", "normal"),
        ("normal-anna", "normal"),
        ("normal-bert", "normal"),
    ]


def test_pictures_are_drawn(tmp_path: Path) -> None:
    """Both pictures of `plots.py` are PNG files; the area is the one worked out by hand."""
    example = load("plots")
    example.plot_lesions(tmp_path / "lesions.png", seconds=1.5)
    rows = ["repeat,fold,level,patient_id,recording_id,label,truth,probability,decision"]
    # Of the four pairs of a sick and a healthy patient, three are in the right order.
    for patient, truth, probability in (("a", 1, 0.9), ("b", 1, 0.4), ("c", 0, 0.5), ("d", 0, 0.1)):
        rows.append(f"0,0,patient,{patient},,AS,{truth},{probability},{int(probability >= 0.5)}")
    rows.append("0,0,patient,a,,MS,1,0.9,1")
    (tmp_path / "predictions.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert example.plot_roc(tmp_path / "predictions.csv", tmp_path / "roc.png") == {"AS": 0.75}
    for name in ("lesions.png", "roc.png"):
        assert (tmp_path / name).read_bytes().startswith(PNG)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["custom_encoder", "linear_probe", "own_recordings", "plots"])
def test_help_answers(name: str) -> None:
    """Each example is a program with `--help`."""
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout
