"""A model trained on synthetic patients in a moment, and those patients' files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from heartprobe.config.load import load_config
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.experiment import run_experiment
from heartprobe.machine import Machine
from heartprobe.progress import SilentProgress


def trained(synthetic: Path, folder: Path, *overrides: str) -> Path:
    """Run an experiment with `logmel` and return its folder."""
    config = load_config(
        overrides=[
            "models.default_model=logmel",
            "training.multi_label=true",
            "evaluation.bootstrap_draws=100",
            *overrides,
        ]
    )
    recordings = read_bmd_hs(synthetic, config.dataset)
    run_experiment(config, recordings, folder, machine=Machine(device="cpu"), progress=SilentProgress())
    return folder


def files_of(synthetic: Path, patient: str) -> list[Path]:
    """Return a synthetic patient's eight recordings."""
    table = pd.read_csv(synthetic / "train.csv").set_index("patient_id")
    names = [table.loc[patient, f"recording_{i}"] for i in range(1, 9)]
    return [synthetic / "train" / f"{name}.wav" for name in names]
