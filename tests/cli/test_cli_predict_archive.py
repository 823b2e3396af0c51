"""`heartprobe predict` over folders and tables, as a user meets it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heart_like_sounds import beating
from heartprobe.config.load import load_config
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.experiment import run_experiment
from heartprobe.machine import Machine
from heartprobe.progress import SilentProgress
from predicted_tree import write_tree

HEARTPROBE = Path(sys.executable).with_name("heartprobe")


@pytest.fixture(scope="module")
def bundle(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = ["models.default_model=logmel", "training.multi_label=true", "evaluation.bootstrap_draws=100"]
    config = load_config(overrides=overrides)
    folder = tmp_path_factory.mktemp("runs") / "run"
    recordings = read_bmd_hs(synthetic, config.dataset)
    run_experiment(config, recordings, folder, machine=Machine(device="cpu"), progress=SilentProgress())
    return folder / "bundle"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty recordings, four of them broken; not to be written to."""
    folder = tmp_path_factory.mktemp("archive") / "sounds"
    write_tree(folder, 60, 4)
    return folder


def predict(cwd: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(HEARTPROBE), "predict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=110)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_tree_with_broken_recordings(bundle: Path, tree: Path, tmp_path: Path) -> None:
    """56 results and four named findings; exit code 1; what is printed, stored and tabulated agrees."""
    (tree / "000" / "notes.txt").write_text("no recording")
    done = predict(tmp_path, bundle, tree, "--json", "--csv", "table.csv")
    assert done.returncode == 1, done.stderr
    stored = lines(tmp_path / "predictions.jsonl")
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [{k: v for k, v in one.items() if k != "key"} for one in stored] == printed
    assert [one["patient_id"] for one in printed] == [f"{i // 20:03d}/R{i:04d}" for i in range(60)]
    assert sum(one["patient"] is not None for one in printed) == 56
    failed = [recording for one in printed for recording in one["recordings"] if recording["problem"]]
    assert [r["findings"][0]["kind"] for r in failed] == ["unreadable", "truncated", "silent", "no-heartbeat"]
    for recording in failed:
        assert f"Not used: {recording['name']}: " in done.stderr
    assert "60 patients, 60 recordings: 4 could not be used. Results: predictions.jsonl" in done.stderr
    assert "not looked at: 1 .txt" in done.stderr
    table = rows(tmp_path / "table.csv")
    told = [row for row in table if row["level"] == "patient" and row["label"] == "AS"]
    assert len(told) == 56
    first = printed[0]["patient"]["AS"]
    assert float(told[0]["probability"]) == first["probability"]
    assert told[0]["decision"] == first["decision"]
    assert sum(row["level"] == "recording" and bool(row["problem"]) for row in table) == 4


def interrupt_after(n_lines: int, results: Path, cwd: Path, *arguments: str | Path) -> int:
    """Send SIGINT as soon as so many patients are stored; return the exit code."""
    process = subprocess.Popen(
        [str(HEARTPROBE), "predict", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 90
    while process.poll() is None and time.monotonic() < end:
        if results.exists() and results.read_bytes().count(b"\n") >= n_lines:
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.005)
    assert "Traceback" not in process.communicate(timeout=60)[1]
    return process.returncode


def test_interrupted_archive_goes_on_and_ends_the_same(bundle: Path, tree: Path, tmp_path: Path) -> None:
    """SIGINT in the middle, then a line that was broken off: the files are those of an undisturbed run."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    assert predict(whole, bundle, tree, "--csv", "table.csv").returncode == 1
    results = cut / "predictions.jsonl"
    assert interrupt_after(20, results, cut, bundle, tree, "--csv", "table.csv") == 130
    before = results.read_bytes()
    n_before = before.count(b"\n")
    assert 20 <= n_before < 60
    assert not (cut / "table.csv").exists()
    results.write_bytes(before + b'{"key": "broken o')
    again = predict(cut, bundle, tree, "--csv", "table.csv")
    assert again.returncode == 1, again.stderr
    assert again.stdout.count("\n") == 61
    for name in ("predictions.jsonl", "table.csv"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name
    assert results.read_bytes().startswith(before)


def test_only_what_changed_is_predicted_again(bundle: Path, tree: Path, tmp_path: Path) -> None:
    """A changed file gives another result, a removed one leaves when told to, a new one comes in its place."""
    folder = tmp_path / "sounds"
    shutil.copytree(tree / "000", folder)
    assert predict(tmp_path, bundle, folder).returncode == 1
    first = {one["patient_id"]: one for one in lines(tmp_path / "predictions.jsonl")}
    shutil.copy(folder / "R0002.wav", folder / "R0001.wav")
    (folder / "R0003.wav").unlink()
    shutil.copy(folder / "R0005.wav", folder / "A.wav")
    refused = predict(tmp_path, bundle, folder)
    assert refused.returncode == 2
    assert "holds answers of an earlier call about 1 patient not given now (R0003), which would be" in refused.stderr
    assert {one["patient_id"] for one in lines(tmp_path / "predictions.jsonl")} == set(first)
    assert predict(tmp_path, bundle, folder, "--replace").returncode == 1
    second = {one["patient_id"]: one for one in lines(tmp_path / "predictions.jsonl")}
    assert list(second) == ["A", *(name for name in first if name != "R0003")]
    assert second["R0001"]["patient"] == first["R0002"]["patient"] != first["R0001"]["patient"]
    assert second["R0005"] == first["R0005"]
    assert second["A"]["patient"] == first["R0005"]["patient"]


def test_other_model_is_not_taken_for_the_first(bundle: Path, tree: Path, tmp_path: Path) -> None:
    """The key covers the bundle: with other thresholds nothing is taken over."""
    assert predict(tmp_path, bundle, tree / "000").returncode == 1
    before = lines(tmp_path / "predictions.jsonl")
    other = tmp_path / "bundle"
    shutil.copytree(bundle, other)
    manifest = json.loads((other / "bundle.json").read_text())
    for level in ("patients", "recordings"):
        decided = manifest["decision"]["labels"]["AS"][level]
        decided["threshold"]["value"] = decided["band"]["low"] = decided["band"]["high"] = 1e-6
    (other / "bundle.json").write_text(json.dumps(manifest))
    assert predict(tmp_path, other, tree / "000").returncode == 1
    after = lines(tmp_path / "predictions.jsonl")
    assert {one["key"] for one in before} & {one["key"] for one in after} == set()
    assert after[0]["patient"]["AS"]["threshold"] == 1e-6


def test_every_format_gives_the_same_answer(bundle: Path, tmp_path: Path) -> None:
    """Wav and flac to the last bit; compressed ones hear the same heart."""
    samples = (32767 * beating(66, 10.0, rate_hz=44_100)).astype(np.int16)
    for suffix, options in (("wav", {"subtype": "PCM_16"}), ("flac", {"subtype": "PCM_16"}), ("mp3", {}), ("ogg", {})):
        soundfile.write(tmp_path / f"sound.{suffix}", samples, 44_100, **options)
    done = predict(tmp_path, bundle, tmp_path, "--group-by", "file", "--json")
    assert done.returncode == 0, done.stderr
    said = {one["patient_id"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert sorted(said) == ["sound.flac", "sound.mp3", "sound.ogg", "sound.wav"]
    assert said["sound.wav"]["patient"] == said["sound.flac"]["patient"]
    for one in said.values():
        assert one["heart_rate"]["bpm"] == pytest.approx(66, rel=0.02)
        assert one["patient"] is not None


def test_table_says_who_is_who(bundle: Path, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_text(
        "file,patient_id,position\n"
        f"{tree}/000/R0000.wav,Ada,sup_Mit\n{tree}/000/R0002.wav,Ben,\n{tree}/000/R0001.wav,Ada,Aor\nno.wav,Ben,\n"
    )
    done = predict(tmp_path, bundle, "who.csv", "--json")
    assert done.returncode == 1, done.stderr
    ada, ben = map(json.loads, done.stdout.splitlines())
    assert [r["position"] for r in ada["recordings"]] == ["sup_Mit", "Aor"]
    assert [r["problem"] is None for r in ben["recordings"]] == [True, False]
    assert "no.wav" in done.stderr
    assert ben["patient"] is not None


def test_results_that_are_something_else_are_left_alone(bundle: Path, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("my notes\n")
    done = predict(tmp_path, bundle, tree, "--results", "mine.txt")
    assert done.returncode == 2
    assert "holds something else than results" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "my notes\n"


def test_one_patient_gets_a_table_with_heart_rates(bundle: Path, tmp_path: Path) -> None:
    for name, bpm in (("a.wav", 66), ("b.wav", 90)):
        soundfile.write(tmp_path / name, beating(bpm, 10.0), 4000)
    done = predict(tmp_path, bundle, "a.wav", "b.wav", "--csv", "one.csv")
    assert done.returncode == 0, done.stderr
    assert "The patient, from 2 of 2 recordings" in done.stdout
    assert "66 (confidence " in done.stdout
    assert "90 (confidence " in done.stdout
    assert {row["level"] for row in rows(tmp_path / "one.csv")} == {"patient", "recording", "window"}
    assert not (tmp_path / "predictions.jsonl").exists()


def test_a_table_of_another_archive_is_not_replaced(bundle: Path, tmp_path: Path) -> None:
    """Both archives have a patient 001, and each its own results; one folder's two people are asked about."""
    for archive in ("AA", "BB"):
        (tmp_path / archive).mkdir()
        for name, bpm in (("001.wav", 66), ("002.wav", 80)):
            soundfile.write(tmp_path / archive / name, beating(bpm, 10.0), 4000)
    first = predict(tmp_path, bundle, "AA", "--results", "a.jsonl", "--csv", "u.csv", "--group-by", "folder")
    assert "Are all recordings of one person? Of these, their names differ" in first.stdout
    assert predict(tmp_path, bundle, "AA", "--results", "a.jsonl", "--csv", "u.csv", "--replace").returncode == 0
    assert predict(tmp_path, bundle, "AA", "--results", "a.jsonl", "--csv", "u.csv").returncode == 0
    before = (tmp_path / "u.csv").read_bytes()
    refused = predict(tmp_path, bundle, "BB", "--results", "b.jsonl", "--csv", "u.csv")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "u.csv holds answers of an earlier call about 2 patients not given now (001, 002)" in refused.stderr
    assert (tmp_path / "u.csv").read_bytes() == before


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_three_thousand_recordings_in_flat_memory(bundle: Path, tmp_path: Path) -> None:
    """2980 results and 20 named findings, interrupted in the middle; a tenth of them takes as much memory."""
    write_tree(tmp_path / "few", 300, 2)
    write_tree(tmp_path / "many", 3000, 20)
    few = _peak_kib(tmp_path, bundle, tmp_path / "few", "--results", "few.jsonl")
    assert (
        interrupt_after(1500, tmp_path / "cut.jsonl", tmp_path, bundle, tmp_path / "many", "--results=cut.jsonl") == 130
    )
    assert predict(tmp_path, bundle, tmp_path / "many", "--results", "cut.jsonl").returncode == 1
    many = _peak_kib(tmp_path, bundle, tmp_path / "many", "--results", "many.jsonl")
    assert (tmp_path / "cut.jsonl").read_bytes() == (tmp_path / "many.jsonl").read_bytes()
    stored = lines(tmp_path / "many.jsonl")
    assert sum(one["patient"] is not None for one in stored) == 2980
    assert sum(bool(r["problem"]) for one in stored for r in one["recordings"]) == 20  # type: ignore[attr-defined]
    print(f"peak: {few / 1024:.0f} MiB of 300 recordings, {many / 1024:.0f} MiB of 3000")
    assert many < few + 30 * 1024


def _peak_kib(cwd: Path, *arguments: str | Path) -> int:
    process = subprocess.Popen(
        [str(HEARTPROBE), "predict", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 1
    return usage.ru_maxrss


def test_an_empty_folder_leaves_earlier_results_alone(bundle: Path, tmp_path: Path) -> None:
    """Nothing was found, so nothing is done."""
    (tmp_path / "empty").mkdir()
    earlier = tmp_path / "predictions.jsonl"
    earlier.write_text('{"key": "a"}\n')
    done = predict(tmp_path, bundle, "empty")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("heartprobe: No recording was found there; check the folder or the table.")
    assert earlier.read_text() == '{"key": "a"}\n'
