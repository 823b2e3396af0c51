"""The command line as a user meets it: the installed command, its output and its exit codes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from broken_audio import write_broken_audio

HEARTPROBE = Path(sys.executable).with_name("heartprobe")
COMMANDS = (
    "demo",
    "train",
    "predict",
    "serve",
    "explain",
    "export",
    "push",
    "evaluate",
    "compare",
    "report",
    "benchmark",
    "pretrain",
    "data",
    "encoders",
    "features",
)
SMALL = [
    "--model-name=logmel",
    "--set=evaluation.protocol=cv",
    "--set=evaluation.folds=2",
    "--set=evaluation.selection_folds=2",
    "--set=evaluation.bootstrap_draws=100",
]


def heartprobe(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(HEARTPROBE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=110)


def test_help_is_quick_and_names_every_command() -> None:
    """Counted in processor time, which a busy machine does not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = heartprobe("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert result.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.4


def test_the_package_runs_as_a_module() -> None:
    """The same command line, also where it is wrong use."""
    command = [sys.executable, "-m", "heartprobe"]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=110)
    assert (version.returncode, version.stdout) == (0, heartprobe("--version").stdout)
    wrong = subprocess.run([*command, "trian"], capture_output=True, text=True, timeout=110)
    assert wrong.returncode == 2
    assert "trian" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["train", "--set", "audio.duratoin=5"], "Did you mean 'audio.duration'?"),
        (["train", "--mutli-label"], "--mutli-label"),
        (["train", "--data-dir", "nowhere"], "nowhere"),
        # Encoder and device are looked at before the data.
        (["train", "--data-dir", "nowhere", "--model-name", "logmle"], "Did you mean 'logmel'?"),
        (["features", "extract", "--data-dir", "nowhere", "--model-name", "logmle"], "Did you mean 'logmel'?"),
        (["train", "--data-dir", "{data}", "--set", 'dataset.disease_classes=["N","ASS"]'], "ASS"),
        (["train", "--config", "nowhere.json"], "There is no configuration file nowhere.json"),
        (["train", "--data-dir", "nowhere", "--model-name", "logmel", "--device", "gpu"], "Did you mean 'cuda'?"),
        (["train", "--set", "dataset.name=bmdhs", "--data-dir", "{data}"], "Did you mean 'bmd-hs'?"),
        (["data", "check", "nowhere"], "nowhere"),
        (["data", "fetch", "bmdhs"], "Did you mean 'bmd-hs'?"),
        (["predict", "nowhere", "x.wav"], "is no model folder"),
        (["trian"], "trian"),
    ],
)
def test_wrong_use_gets_a_sentence_and_exit_code_2(
    arguments: list[str], text: str, synthetic: Path, tmp_path: Path
) -> None:
    result = heartprobe(*[a.format(data=synthetic) if "{data}" in a else a for a in arguments], cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert text in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_train_then_predict(synthetic: Path, tmp_path: Path) -> None:
    trained = heartprobe("train", "--data-dir", synthetic, *SMALL, "--json", "--out", tmp_path / "run")
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout) == json.loads((tmp_path / "run" / "report.json").read_text())
    wav = sorted((synthetic / "train").glob("*_sit_Mit.wav"))[0]
    predicted = heartprobe("predict", tmp_path / "run" / "bundle", wav, "--json")
    assert predicted.returncode == 0, predicted.stderr
    assert 0 <= json.loads(predicted.stdout)["patient"]["N"]["probability"] <= 1
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    table = heartprobe("predict", tmp_path / "run" / "bundle", wav, broken)
    assert table.returncode == 1
    assert "patient" in table.stdout
    assert "broken.wav" in table.stdout


def test_train_prints_a_table(synthetic: Path, tmp_path: Path) -> None:
    result = heartprobe("train", "--data-dir", synthetic, *SMALL, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "AUROC (95 %)" in result.stdout
    assert "N, demographics alone" in result.stdout
    assert (tmp_path / "runs").is_dir()


def test_data_check_says_what_is_wrong(tmp_path: Path) -> None:
    assert heartprobe("data", "synth", tmp_path / "made", "--patients", "2").returncode == 0
    again = heartprobe("data", "synth", tmp_path / "made")
    assert again.returncode == 2
    assert "made" in again.stderr
    victim = sorted((tmp_path / "made" / "train").glob("*.wav"))[0]
    victim.unlink()
    result = heartprobe("data", "check", tmp_path / "made", "--json")
    assert result.returncode == 1
    findings = json.loads(result.stdout)["findings"]
    assert [(f["kind"], f["subject"]) for f in findings if f["is_problem"]] == [("missing", victim.stem)]


def test_hundred_broken_files_are_named_and_the_rest_is_trained(tmp_path: Path) -> None:
    """Through `data check` and `train`: no traceback, each unusable one among the findings."""
    assert heartprobe("data", "synth", tmp_path / "data", "--patients", "40", "--duration", "5").returncode == 0
    broken = {name: kind for name, _, kind in write_broken_audio(tmp_path / "broken") if kind and name.endswith(".wav")}
    names = sorted(name for name in broken if (tmp_path / "broken" / name).is_file())[:100]
    # Every third recording gives way to a broken one.
    victims = sorted((tmp_path / "data" / "train").glob("*.wav"))[::3][: len(names)]
    expected = {}
    for victim, name in zip(victims, names, strict=True):
        victim.write_bytes((tmp_path / "broken" / name).read_bytes())
        expected[victim.stem] = broken[name]
    assert len(expected) >= 80

    check = heartprobe("data", "check", tmp_path / "data", "--json")
    assert check.returncode == 1
    assert "Traceback" not in check.stderr
    found = {f["subject"] for f in json.loads(check.stdout)["findings"]}
    assert expected.keys() <= found

    train = heartprobe("train", "--data-dir", tmp_path / "data", *SMALL, "--json", "--out", tmp_path / "run")
    assert train.returncode == 0, train.stderr
    assert "Traceback" not in train.stderr
    report = json.loads(train.stdout)
    kinds = {f["subject"]: f["kind"] for f in report["findings"] if f["is_problem"]}
    assert kinds == expected
    assert report["data"]["recordings"] == 320 - len(expected)


@pytest.mark.parametrize("when", ["Features of", "Repeat 0, fold 1"])
def test_killed_run_goes_on_and_ends_the_same(when: str, synthetic: Path, tmp_path: Path) -> None:
    """SIGKILL in extraction and between folds; the report is that of an undisturbed run."""
    arguments = ["train", "--data-dir", str(synthetic), *SMALL, "--set=evaluation.folds=4"]
    command = [str(HEARTPROBE), *arguments, "--out", str(tmp_path / "killed")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(when):
            if when.startswith("Features"):
                time.sleep(0.3)
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stderr.close()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "report.json").exists()
    resumed = heartprobe(*arguments, "--out", tmp_path / "killed")
    assert resumed.returncode == 0, resumed.stderr
    assert ("taken over" in resumed.stderr) == when.startswith("Repeat")
    os.environ["HEARTPROBE_CACHE"] = str(tmp_path / "another-cache")
    assert heartprobe(*arguments, "--out", tmp_path / "whole").returncode == 0
    for name in ("report.json", "predictions.csv", "bundle/model.safetensors"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_interrupted_run_says_how_to_go_on(synthetic: Path, tmp_path: Path) -> None:
    """Ctrl-C ends with one sentence and exit code 130."""
    command = [str(HEARTPROBE), "train", "--data-dir", str(synthetic), *SMALL, "--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    first = process.stderr.readline()
    assert first.startswith("Features of")
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 130
    assert "The same command goes on from there." in rest
    assert "Traceback" not in rest


def test_only_what_can_be_downloaded_is(tmp_path: Path) -> None:
    result = heartprobe("data", "fetch", "yaseen", cwd=tmp_path)
    assert result.returncode == 1
    assert "yaseen has to be fetched by hand. Its recordings lie at http" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", [[], ["--multi_label"]])
def test_original_command_line(task: list[str], synthetic: Path, tmp_path: Path) -> None:
    """`main.py` with the original's options and configuration leaves the original's files."""
    main = Path(__file__).resolve().parents[2] / "main.py"
    command = [sys.executable, str(main), "--data_dir", str(synthetic), "--model_name", "logmel", "--epochs", "3"]
    command += ["--batch_size", "8", "--lr", "0.001", "--sample_rate", "16000", "--duration", "5", "--freeze_encoder"]
    result = subprocess.run([*command, *task], capture_output=True, text=True, cwd=tmp_path, timeout=110)
    assert result.returncode == 0, result.stderr
    name = "multi_label_" if task else ""
    weights = torch.load(tmp_path / "models" / f"best_{name}heartbeat_classifier.pth", weights_only=True)
    # The original's names and shapes: dropout is layer 0; batch norm stands behind the hidden layers of the second.
    shapes = {key: tuple(tensor.shape) for key, tensor in weights.items() if key.endswith("weight")}
    if task:
        assert [shapes[f"classifier.{i}.weight"][0] for i in (1, 5, 9, 13)] == [512, 256, 128, 5]
    else:
        assert [shapes[f"classifier.{i}.weight"][0] for i in (1, 4, 7)] == [260, 64, 2]
    results = json.loads((tmp_path / "models" / f"results_{name}logmel.json").read_text())
    assert results["multi_label"] is bool(task)
    assert set(results["patient"]["labels"]) == ({"N", "AS", "AR", "MR", "MS"} if task else {"N"})
