"""The options of the original project, verbatim, on top of `heartprobe train`.

Where its configuration file is silent, this entry point chooses what the original did (its
network as the head, the demographics, the centre window), while `heartprobe train` has defaults
of its own. docs/original.md says what was wrong in the original and what happens here instead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heartprobe.errors import HeartprobeError

#: What the original project always did; a configuration file or an option may say otherwise.
_ORIGINAL_CHOICES = {
    "models.head": "mlp",
    "features.layer": "last",
    "audio.windows": "centre",
    "dataset.demographics": ["age", "sex", "smoker", "lives"],
}

_OPTIONS = {
    "model_name": "models.default_model",
    "batch_size": "training.batch_size",
    "epochs": ("training.epochs", "training.fine_tuning.epochs"),
    "lr": "training.learning_rate",
    "sample_rate": "audio.sample_rate",
    "duration": "audio.duration",
    "freeze_encoder": "training.freeze_encoder",
    "multi_label": "training.multi_label",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train as the original project's `main.py` did, and leave its files beside the run folder."""
    try:
        _train(_parser().parse_args(arguments))
    except HeartprobeError as error:
        sys.stderr.write(f"main.py: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("\nmain.py: interrupted; what is computed is kept. The same command goes on from there.\n")
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Heartbeat audio classification with pre-trained encoders.")
    parser.add_argument("--config", default="config.json", help="configuration file (config.json if it exists)")
    parser.add_argument("--data_dir", type=Path, help="folder with the data set; downloaded if absent")
    parser.add_argument("--model_name", help="encoder: catalogue name, hub id or folder")
    parser.add_argument("--batch_size", type=int, help="windows per training step")
    parser.add_argument("--epochs", type=int, help="largest number of epochs")
    parser.add_argument("--lr", type=float, help="learning rate")
    parser.add_argument("--sample_rate", type=int, help="must match the encoder's")
    parser.add_argument("--duration", type=float, help="length of a window in seconds")
    parser.add_argument("--freeze_encoder", action="store_true", default=None, help="linear probing")
    parser.add_argument("--multi_label", action="store_true", default=None, help="all labels instead of normal alone")
    return parser


def _train(given: argparse.Namespace) -> None:
    from heartprobe.cli.train import run_training
    from heartprobe.config.load import lay_over, read_config_file, validate_config
    from heartprobe.original import write_original_files
    from heartprobe.run_folder import default_run_folder

    path = Path(given.config)
    values: dict[str, Any] = {}
    for key, value in _ORIGINAL_CHOICES.items():
        lay_over(values, key, value)
    if path.is_file() or given.config != "config.json":
        for section, content in read_config_file(path).items():
            values[section] = {**values.get(section, {}), **content} if isinstance(content, dict) else content
    else:
        sys.stderr.write("There is no config.json here; the defaults are used.\n")
    for option, keys in _OPTIONS.items():
        for key in (keys,) if isinstance(keys, str) else keys:
            if getattr(given, option) is not None:
                lay_over(values, key, getattr(given, option))
    config = validate_config(values, source=given.config)
    folder = default_run_folder(config)
    report = run_training(config, given.data_dir, folder)
    for written in write_original_files(config, report, folder / "bundle"):
        sys.stdout.write(f"Written: {written}\n")
