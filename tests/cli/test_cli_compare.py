"""`heartprobe compare` as a user meets it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

HEARTPROBE = Path(sys.executable).with_name("heartprobe")
COLUMNS = ("repeat", "fold", "level", "patient_id", "recording_id", "label", "truth", "probability", "decision")


def heartprobe(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(HEARTPROBE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=110)


def write_run(folder: Path, found: int, *, patients: range = range(20), label: str = "AS") -> Path:
    """A run about patients of whom the first ten have the finding and the first `found` are found."""
    folder.mkdir()
    with (folder / "predictions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for i in patients:
            writer.writerow(
                (0, 0, "patient", f"p{i}", "", label, int(i < 10), 0.9 if i < found else 0.1, int(i < found))
            )
    return folder


def test_compares_with_the_first(tmp_path: Path) -> None:
    """0.5 against 0.8 sensitivity, in the table and as JSON; who is in one run only is counted."""
    write_run(tmp_path / "first", 5)
    write_run(tmp_path / "second", 8, patients=range(22))
    table = heartprobe("compare", "first", "second", cwd=tmp_path)
    assert table.returncode == 0, table.stderr
    assert "second against first: 20 patients, per patient" in table.stdout
    assert "2 patients are in second only and were left out." in table.stdout
    (row,) = [line.split() for line in table.stdout.splitlines() if "Sensitivity" in line]
    assert row[:4] == ["Sensitivity", "0.500", "0.800", "+0.300"]
    assert "No interval or no value (-): all draws of the bootstrap agree." in table.stdout
    found = heartprobe("compare", "first", "second", "--json", "--draws=200", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    assert (result["baseline"], result["draws"], result["level"]) == ("first", 200, "patient")
    (comparison,) = result["comparisons"]
    assert (comparison["run"], comparison["patients"], comparison["only_in_run"]) == ("second", 20, 2)
    assert comparison["labels"]["AS"]["sensitivity"]["value"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["first", "nowhere"], "There are no predictions at nowhere/predictions.csv"),
        (["first"], "first holds no predictions_demographics.csv"),
        (["first", "strangers"], "first and strangers have no test patient in common"),
        (["first", "other_label"], "they have no label in common"),
        (["first", "first", "--level", "recording"], "first has no predictions per recording"),
    ],
)
def test_refused_with_a_sentence(arguments: list[str], text: str, tmp_path: Path) -> None:
    """Exit code 2, nothing on standard output."""
    write_run(tmp_path / "first", 5)
    write_run(tmp_path / "strangers", 5, patients=range(30, 50))
    write_run(tmp_path / "other_label", 5, label="MS")
    result = heartprobe("compare", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert text in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_trained_run_against_demographics_alone(synthetic: Path, tmp_path: Path) -> None:
    """What the command prints is what the report of the run holds."""
    run = tmp_path / "run"
    small = ["--model-name=logmel", "--set=evaluation.bootstrap_draws=100"]
    trained = heartprobe("train", "--data-dir", synthetic, *small, "--out", run)
    assert trained.returncode == 0, trained.stderr
    found = heartprobe("compare", run, "--draws=100", "--seed=42", "--json")
    assert found.returncode == 0, found.stderr
    (comparison,) = json.loads(found.stdout)["comparisons"]
    report = json.loads((run / "report.json").read_text())
    assert comparison == {"run": str(run), **report["demographics_only"]["difference"]}
