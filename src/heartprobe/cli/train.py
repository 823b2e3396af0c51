"""`heartprobe train`: from a folder of recordings to a model folder and a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartprobe.cli.data_sets import DataOption, SplitsOption, TestDataOption, load_recordings, protocol_settings
from heartprobe.cli.options import (
    AudioOption,
    ConfigOption,
    DataDirOption,
    DeviceOption,
    DurationOption,
    JsonOption,
    ModelNameOption,
    SetOption,
    WorkersOption,
    build_config,
)

if TYPE_CHECKING:
    from heartprobe.config.schema import Config


def train(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    data: DataOption = None,
    test_data: TestDataOption = None,
    splits: SplitsOption = None,
    model_name: ModelNameOption = None,
    multi_label: Annotated[
        bool | None, typer.Option("--multi-label/--binary", help="All lesions, or normal against abnormal.")
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Largest number of epochs.")] = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", help="Windows per training step.")] = None,
    lr: Annotated[float | None, typer.Option("--lr", help="Learning rate of the head.")] = None,
    sample_rate: Annotated[
        int | None,
        typer.Option("--sample-rate", metavar="HZ", help="Must match the encoder's; taken from it if absent."),
    ] = None,
    duration: DurationOption = None,
    freeze_encoder: Annotated[
        bool | None,
        typer.Option("--freeze-encoder/--no-freeze-encoder", help="Probe the frozen encoder, or train it as well."),
    ] = None,
    overrides: SetOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="RUN", help="Run folder; below runs/ by default.")
    ] = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    with_audio: AudioOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train and evaluate a classifier on a data set.

    Example: heartprobe train --data-dir BMD-HS --multi-label --model-name logmel --set evaluation.protocol=cv

    Leaves a run folder with config.json, splits.csv, predictions.csv, report.json, report.md, report.html and
    bundle/ (the trained model). Interrupted, the same command goes on where it stopped.
    """
    settings: dict[str, Any] = {
        "models.default_model": model_name,
        "training.multi_label": multi_label,
        "training.epochs": epochs,
        "training.fine_tuning.epochs": epochs,
        "training.batch_size": batch_size,
        "training.learning_rate": lr,
        "audio.sample_rate": sample_rate,
        "audio.duration": duration,
        "training.freeze_encoder": freeze_encoder,
        **protocol_settings(data, test_data, splits),
    }
    resolved = build_config(config, settings, overrides)
    if (
        resolved.models.head == "linear"
        and resolved.training.freeze_encoder
        and (epochs, batch_size, lr) != (None,) * 3
    ):
        typer.echo("--epochs, --batch-size and --lr have no effect: the linear head is fitted in one go.", err=True)
    run_training(
        resolved,
        data_dir,
        out,
        device,
        workers,
        data=data,
        test_data=test_data,
        with_audio=with_audio,
        as_json=as_json,
    )


def run_training(
    config: Config,
    data_dir: Path | None,
    out: Path | None,
    device: str = "auto",
    workers: int | None = None,
    *,
    data: Sequence[str] | None = None,
    test_data: Sequence[str] | None = None,
    with_audio: bool = False,
    as_json: bool = False,
) -> dict[str, Any]:
    """Run an experiment from the command line, print its summary and return its report."""
    from heartprobe.cli.console import ConsoleProgress, print_json, print_line
    from heartprobe.cli.summary import print_summary
    from heartprobe.encoders.load import require_encoder
    from heartprobe.experiment import run_experiment
    from heartprobe.features.devices import resolve_device
    from heartprobe.machine import Machine
    from heartprobe.run_folder import default_run_folder

    # A misspelt name is told before a large data set is read.
    require_encoder(config.models.default_model, known=config.models.available_models)
    resolve_device(device)
    progress = ConsoleProgress()
    folder = out if out is not None else default_run_folder(config)
    recordings = load_recordings(config, data_dir, progress, data=data, test_data=test_data)
    machine = Machine(device=device, workers=workers)
    report = run_experiment(config, recordings, folder, machine=machine, progress=progress, with_audio=with_audio)
    if as_json:
        print_json(report)
        return report
    print_summary(report)
    print_line(f"\nRun folder: {folder} (report.html to read, bundle/ to predict with)")
    return report
