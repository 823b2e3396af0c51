"""The main job on real recordings, as a user runs it. Skipped where they are absent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

pytestmark = [pytest.mark.real_data, pytest.mark.slow, pytest.mark.xdist_group("real")]

LABELS = ("N", "AS", "AR", "MR", "MS")


@dataclass(frozen=True)
class Finished:
    """A command that ended well: what it printed, how long it took, and its largest memory."""

    stdout: str
    seconds: float
    peak_gb: float


def heartprobe(cache: Path, *arguments: str | Path) -> Finished:
    command = [str(Path(sys.executable).with_name("heartprobe")), *map(str, arguments)]
    environment = os.environ | {"HEARTPROBE_CACHE": str(cache), "OMP_NUM_THREADS": str(os.cpu_count())}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    stdout = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Finished(stdout, time.perf_counter() - start, usage.ru_maxrss / 2**20)


def macro_auroc(run: Path) -> float:
    """From the predictions and scikit-learn alone."""
    table = pd.read_csv(run / "predictions.csv")
    patients = table[table.level == "patient"]
    return float(np.mean([roc_auc_score(rows.truth, rows.probability) for _, rows in patients.groupby("label")]))


def written(cache: Path) -> dict[str, int]:
    """When each file of a cache was written."""
    return {str(path): path.stat().st_mtime_ns for path in cache.rglob("*.safetensors")}


def arguments(shared: Path, encoder: str | Path, run: Path) -> list[str | Path]:
    options = ["--multi-label", "--duration", "20", "--set", "audio.time_scale=4", "--set", "evaluation.protocol=cv"]
    return ["train", "--data-dir", shared / "data" / "bmd-hs", "--model-name", encoder, *options, "--out", run]


def test_weight_free_encoder_on_all_labels(shared: Path, tmp_path: Path) -> None:
    heartprobe(tmp_path / "cache", *arguments(shared, "logmel", tmp_path / "run"))
    assert macro_auroc(tmp_path / "run") >= 0.85
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["levels"]["patient"]["macro"]["auroc"]["value"] == pytest.approx(
        macro_auroc(tmp_path / "run"), abs=1e-12
    )
    assert report["data"]["patients"] == 108
    assert report["data"]["recordings"] == 864
    # Age, sex, smoking and residence find the normal hearts without any sound, and the report says so.
    assert report["demographics_only"]["levels"]["patient"]["labels"]["N"]["auroc"]["value"] > 0.9
    assert "demographics alone" in (tmp_path / "run" / "report.md").read_text()


def test_whisper_on_all_labels(shared: Path, tmp_path: Path) -> None:
    """Extraction in minutes and bounded memory; the second run takes the features from the store."""
    encoder = shared / "encoders" / "whisper-tiny.en-encoder"
    first = heartprobe(tmp_path / "cache", *arguments(shared, encoder, tmp_path / "run"))
    assert macro_auroc(tmp_path / "run") >= 0.88
    # Extraction and training together; three minutes are for the extraction.
    assert first.seconds < 240
    assert first.peak_gb < 2
    stored = written(tmp_path / "cache")
    again = heartprobe(tmp_path / "cache", *arguments(shared, encoder, tmp_path / "again"))
    assert written(tmp_path / "cache") == stored
    # A quarter of that on an otherwise idle machine; tests share it with each other.
    assert again.seconds < 120
    for name in ("report.json", "predictions.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_labels_are_in_the_declared_order(shared: Path, tmp_path: Path) -> None:
    """The normal patients are those of the table, not those of an alphabet."""
    heartprobe(tmp_path / "cache", *arguments(shared, "modulation", tmp_path / "run"))
    table = pd.read_csv(tmp_path / "run" / "predictions.csv")
    truth = pd.read_csv(shared / "data" / "bmd-hs" / "train.csv").set_index("patient_id")
    patients = table[table.level == "patient"]
    assert tuple(dict.fromkeys(patients.label)) == LABELS
    for label in LABELS:
        rows = patients[patients.label == label].set_index("patient_id").truth
        assert (rows == truth.loc[rows.index, label]).all()


def test_what_modulates_is_heard_at_sites_that_were_never_trained_on(shared: Path, tmp_path: Path) -> None:
    """Every site of both data sets is tested by a model of the others, and its own AUROC is quoted."""
    sets = [
        f"--data=bmd-hs={shared / 'data' / 'bmd-hs'}",
        f"--data=physionet-2016={shared / 'data' / 'physionet-2016'}",
    ]
    settings = ["--set=evaluation.protocol=leave-site-out", "--set=audio.windows=whole"]
    run = tmp_path / "run"
    heartprobe(tmp_path / "cache", "train", *sets, "--model-name", "modulation", *settings, "--out", run)
    report = json.loads((run / "report.json").read_text())
    aurocs = {
        site: found["levels"]["patient"]["labels"]["N"]["auroc"]["value"] for site, found in report["sites"].items()
    }
    assert set(aurocs) == {"bmd-hs", *(f"training-{letter}" for letter in "abcdef")}
    assert aurocs["bmd-hs"] >= 0.85
    assert np.mean(list(aurocs.values())) >= 0.72
    assert report["audit"]["site_probe"]["balanced_accuracy"]["value"] > 2 / 7
    assert "The recording site can" in (run / "report.md").read_text().split("## ")[0]
