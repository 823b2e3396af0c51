"""A small benchmark, and the command that runs it."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from heartprobe.cli.app import app

#: Two models without weights; small enough for seconds.
TWO_MODELS = """
title = "Two models"
baseline = "levels"

[config.training]
multi_label = true
c_grid = [0.03, 0.3]

[config.evaluation]
protocol = "cv"
folds = 2
selection_folds = 2
bootstrap_draws = 100

[tasks.home]
title = "Synthetic patients"
sets = ["bmd-hs"]

[[entries]]
name = "levels"
encoder = "logmel"

[[entries]]
name = "changes"
encoder = "modulation"
"""


def heartprobe(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write_file(folder: Path, text: str = TWO_MODELS) -> Path:
    """Write a benchmark file."""
    path = folder / "models.toml"
    path.write_text(text)
    return path
