"""Compare frozen encoders: the same patients, the same folds, a linear head on the best hidden state.

    heartprobe data synth synthetic --patients 48
    python examples/linear_probe.py synthetic logmel modulation

Any encoder works: a name from `heartprobe encoders list`, a hub id, or a folder. Features are stored, so a second
run takes seconds. What is done here for two encoders is what `heartprobe train` does for one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from heartprobe.cli.console import ConsoleProgress
from heartprobe.config.load import load_config
from heartprobe.data.catalogue import read_dataset
from heartprobe.experiment import run_experiment
from heartprobe.machine import Machine


def probe(data: Path, encoder: str, out: Path, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """Return the report of one encoder; its run folder is below `out`."""
    config = load_config(
        overrides=[
            f"models.default_model={encoder}",
            "training.multi_label=true",
            "audio.duration=20",
            "evaluation.protocol=cv",
            *overrides,
        ]
    )
    recordings = read_dataset(config.dataset.name, data, config.dataset)
    folder = out / Path(encoder).name
    return run_experiment(config, recordings, folder, machine=Machine(), progress=ConsoleProgress())


def summary(report: dict[str, Any]) -> str:
    """Return one line: the AUROC over patients of each label, with its interval, and their mean."""
    patients = report["levels"]["patient"]
    cells = []
    for label, metrics in patients["labels"].items():
        auroc = metrics["auroc"]
        interval = (
            "undefined"
            if auroc["value"] is None
            else f"{auroc['value']:.2f}"
            if auroc["low"] is None
            else f"{auroc['value']:.2f} ({auroc['low']:.2f}-{auroc['high']:.2f})"
        )
        cells.append(f"{label} {interval}")
    macro = patients["macro"]["auroc"]["value"]
    return "  ".join([*cells, "mean undefined" if macro is None else f"mean {macro:.3f}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="data set in the layout of BMD-HS")
    parser.add_argument("encoders", nargs="+", help="catalogue names, hub ids or folders")
    parser.add_argument("--out", type=Path, default=Path("runs/linear-probe"), help="where the run folders go")
    given = parser.parse_args()
    lines = {encoder: summary(probe(given.data, encoder, given.out)) for encoder in given.encoders}
    for encoder, line in lines.items():
        print(f"{encoder:<30} {line}")


if __name__ == "__main__":
    main()
