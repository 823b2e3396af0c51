"""`heartprobe demo`: the whole way on synthetic patients, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_NEXT = """
Next (after `source .venv/bin/activate`, where `make demo` installed heartprobe):
  heartprobe encoders list
      the encoders to compare
  heartprobe predict FILE.wav ...
      other recordings, normal or abnormal, with the model that comes with heartprobe
  heartprobe train --data-dir BMD-HS-Dataset-main --multi-label --model-name heartprobe-pcg --set audio.windows=whole
      on real recordings in that folder; without --data-dir they are downloaded"""


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes.")] = Path("demo"),
    patients: Annotated[int, typer.Option("--patients", min=20, max=500, help="Number of synthetic patients.")] = 48,
) -> None:
    """Show everything once, offline: synthetic patients, training, evaluation, prediction, report.

    Example: heartprobe demo --out demo
    """
    from heartprobe.cli.console import ConsoleProgress, print_line
    from heartprobe.cli.patient_table import print_prediction
    from heartprobe.cli.summary import print_summary
    from heartprobe.config.load import load_config
    from heartprobe.data.catalogue import read_dataset
    from heartprobe.data.synthetic import write_synthetic
    from heartprobe.experiment import run_experiment
    from heartprobe.machine import Machine
    from heartprobe.predict import Predictor

    progress = ConsoleProgress()
    config = load_config(
        overrides=[
            "models.default_model=heartprobe-pcg",
            "training.multi_label=true",
            "audio.windows=whole",
            "evaluation.protocol=cv",
        ]
    )
    data = out / "synthetic-patients"
    if not (data / config.dataset.train_csv).is_file():
        write_synthetic(data, n_patients=patients + 1, seed=2024, progress=progress)
    everybody = read_dataset(config.dataset.name, data, config.dataset)
    *known, unseen = everybody.patient_ids
    machine = Machine()
    report = run_experiment(config, everybody.of_patients(known), out / "run", machine=machine, progress=progress)
    print_summary(report)

    bundle = out / "run" / "bundle"
    recordings = everybody.of_patients([unseen])
    truth = ", ".join(label for label, value in recordings.patients[unseen].labels.items() if value)
    print_line(f"\nA patient the model never heard ({unseen}; synthesised with: {truth}):")
    print_prediction(Predictor.open(bundle).predict([r.path for r in recordings.recordings], progress=progress))
    print_line(f"\nReport with pictures: {out / 'run' / 'report.html'}")
    print_line("These sounds are synthetic: the figures say that the software works, nothing about people.")
    print_line(_NEXT.format(bundle=bundle))
