"""Several data sets, other people's splits and other data on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from typer.testing import CliRunner, Result

from heartprobe.cli.app import app
from heartprobe.errors import HeartprobeError

SMALL = ["--model-name=logmel", "--set=evaluation.selection_folds=2", "--set=evaluation.bootstrap_draws=100"]


def heartprobe(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def like_physionet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sites with eight generated recordings each in the layout of PhysioNet 2016; the ill ones hiss."""
    folder = tmp_path_factory.mktemp("physionet")
    rng = np.random.default_rng(3)
    beats = np.sin(2 * np.pi * 1.2 * np.arange(10_000) / 2000) > 0.9
    for site in "abc":
        lines = []
        (folder / f"training-{site}").mkdir()
        for i in range(8):
            noise = rng.normal(0, 0.05 + 0.3 * (i % 2), len(beats))
            sound = np.clip(0.3 * beats * rng.normal(0, 1, len(beats)) + 0.3 * noise, -1, 1)
            soundfile.write(folder / f"training-{site}" / f"{site}000{i}.wav", sound, 2000)
            lines.append(f"{site}000{i},{'1' if i % 2 else '-1'}")
        (folder / f"training-{site}" / "REFERENCE.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_leave_site_out_over_two_data_sets(synthetic: Path, like_physionet: Path, tmp_path: Path) -> None:
    """Four sites, each tested by a model of the other three, in the report one by one."""
    data = [f"--data=bmd-hs={synthetic}", f"--data=physionet-2016={like_physionet}"]
    result = heartprobe("train", *data, *SMALL, "--set=evaluation.protocol=leave-site-out", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.exception
    assert "every site tested by a model of the others" in result.stdout
    assert "Site by site, per patient" in result.stdout
    assert "demographics alone" not in result.stdout
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert list(report["sites"]) == ["bmd-hs", "training-a", "training-b", "training-c"]
    assert [chosen["site"] for chosen in report["selection"]] == list(report["sites"])
    values = [found["levels"]["patient"]["labels"]["N"]["auroc"]["value"] for found in report["sites"].values()]
    assert report["sites_mean"]["patient"]["N"]["auroc"]["value"] == pytest.approx(np.mean(values))
    assert report["data"]["patients"] == 44
    assert "## Site by site" in (tmp_path / "run" / "report.md").read_text()
    assert "Site by site" in (tmp_path / "run" / "report.html").read_text()
    splits = pd.read_csv(tmp_path / "run" / "splits.csv")
    tested = splits[splits.part == "test"]
    assert tested.groupby("fold").size().tolist() == [20, 8, 8, 8]
    assert json.loads((tmp_path / "run" / "config.json").read_text())["dataset"]["name"] == "bmd-hs+physionet-2016"


def test_external_test_and_evaluation_of_its_bundle_agree(
    synthetic: Path, like_physionet: Path, tmp_path: Path
) -> None:
    """The model of `--test-data` is the one that is kept, so `evaluate` on the same data repeats its numbers."""
    test = f"--test-data=physionet-2016={like_physionet}"
    result = heartprobe("train", "--data-dir", synthetic, test, *SMALL, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.exception
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["levels"]["patient"]["patients"] == 24
    again = heartprobe(
        "evaluate", tmp_path / "run" / "bundle", "--data-dir", like_physionet, "--dataset", "physionet-2016",
        "--set=evaluation.bootstrap_draws=100", "--out", tmp_path / "again", "--json",
    )  # fmt: skip
    assert again.exit_code == 0, again.exception
    evaluated = json.loads((tmp_path / "again" / "report.json").read_text())
    assert evaluated["levels"] == report["levels"]
    assert evaluated["sites"] == report["sites"]


def test_the_splits_of_a_run_can_be_run_again(synthetic: Path, tmp_path: Path) -> None:
    first = heartprobe("train", "--data-dir", synthetic, *SMALL, "--out", tmp_path / "first")
    assert first.exit_code == 0, first.exception
    shutil.copy(tmp_path / "first" / "splits.csv", tmp_path / "published.csv")
    splits = ["--splits", tmp_path / "published.csv"]
    second = heartprobe("train", "--data-dir", synthetic, *splits, *SMALL, "--out", tmp_path / "second")
    assert second.exit_code == 0, second.exception
    for name in ("splits.csv", "predictions.csv"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["train", "--data=bmd-hs"], "--data 'bmd-hs' is not of the form NAME=DIR"),
        (["train", "--data=bmd-hs={data}", "--data-dir={data}"], "give --data NAME=DIR for every data set"),
        (["train", "--data=bmdhs={data}"], "Did you mean 'bmd-hs'?"),
        (["train", "--data=bmd-hs={data}", "--data=bmd-hs={data}"], "'bmd-hs' is named twice"),
        (["train", "--set=dataset.name=bmd-hs+circor"], "--data bmd-hs=DIR --data circor=DIR"),
        (["train", "--test-data=circor={data}", "--splits=x.csv"], "give one of them"),
        (["train", "--data-dir={data}", "--splits=nowhere.csv", *SMALL], "There is no table of splits nowhere.csv"),
        (["evaluate", "nowhere"], "Say what to test on"),
        (["evaluate", "nowhere", "--data-dir={data}"], "is no model folder"),
    ],
)
def test_wrong_use_is_one_sentence(
    arguments: list[str], text: str, synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = heartprobe(*[a.format(data=synthetic) if "{data}" in a else a for a in arguments])
    assert isinstance(result.exception, HeartprobeError)
    assert result.exception.exit_code == 2
    assert text in str(result.exception)
