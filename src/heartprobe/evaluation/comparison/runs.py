"""Compare run folders: each further one with the first, or a single one with demographics alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from heartprobe.errors import ConfigError, DataError, did_you_mean
from heartprobe.evaluation.comparison.compare import compare
from heartprobe.evaluation.predictions.checks import LEVELS, Level
from heartprobe.evaluation.predictions.table import read_predictions

DEMOGRAPHICS_ALONE = "demographics alone"


def compare_runs(folders: Sequence[Path], *, level: str = "patient", seed: int, draws: int) -> dict[str, Any]:
    """Return the paired differences of runs to the first of them.

    Args:
        folders: Run folders, the baseline first. A single run is compared with what demographics
            alone predict about its test patients.
        level: `patient` or `recording`.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        `level`, `seed`, `draws`, `baseline`, whether a run `pools_sites` that were tested by models of
        their own (then a difference of rankings over all patients compares these models as well), and
        `comparisons`: for each further run its name as `run`, and what `compare` returns.

    Raises:
        ConfigError: If there is no such level, or demographics alone are asked about recordings.
        DataError: If a folder has no predictions or two runs cannot be compared.
    """
    checked = _level(level)
    if len(folders) == 1:
        baseline_name, baseline = DEMOGRAPHICS_ALONE, _read_demographics(folders[0], checked)
        others = list(folders)
    else:
        baseline_name, baseline = str(folders[0]), _read(folders[0])
        others = list(folders[1:])
    return {
        "schema": 1,
        "level": checked,
        "seed": seed,
        "draws": draws,
        "baseline": baseline_name,
        "pools_sites": any(_pools_sites(folder) for folder in folders),
        "comparisons": [
            {
                "run": str(folder),
                **compare(
                    baseline,
                    _read(folder),
                    level=checked,
                    seed=seed,
                    draws=draws,
                    names=(baseline_name, str(folder)),
                ),
            }
            for folder in others
        ],
    }


def _pools_sites(folder: Path) -> bool:
    """Whether a run has left out site after site; predictions without their configuration tell nothing of it."""
    path = folder / "config.json"
    if not path.is_file():
        return False
    protocol = json.loads(path.read_text(encoding="utf-8")).get("evaluation", {}).get("protocol")
    return bool(protocol == "leave-site-out")


def _level(level: str) -> Level:
    for known in LEVELS:
        if level == known:
            return known
    raise ConfigError(f"There is no level {level!r}; patient or recording is expected.{did_you_mean(level, LEVELS)}")


def _read(folder: Path) -> pd.DataFrame:
    return read_predictions(folder / "predictions.csv")


def _read_demographics(folder: Path, level: Level) -> pd.DataFrame:
    if level != "patient":
        raise ConfigError(
            "Demographics alone predict patients, not recordings: name a second run, or compare at patient level."
        )
    path = folder / "predictions_demographics.csv"
    if not path.is_file() and (folder / "predictions.csv").is_file():
        raise DataError(
            f"{folder} holds no predictions_demographics.csv, with which a single run is compared; name a second run."
        )
    return read_predictions(path) if path.is_file() else _read(folder)
