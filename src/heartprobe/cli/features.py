"""`heartprobe features`: fill the feature store without training."""

from __future__ import annotations

from typing import Any

import typer

from heartprobe.cli.options import (
    ConfigOption,
    DataDirOption,
    DeviceOption,
    DurationOption,
    ModelNameOption,
    SetOption,
    WorkersOption,
    build_config,
)

app = typer.Typer(help="Compute and store features.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def features() -> None:
    """Compute and store features."""


@app.command("extract")
def extract_features(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    model_name: ModelNameOption = None,
    duration: DurationOption = None,
    overrides: SetOption = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
) -> None:
    """Compute the features of a data set and store them; what is stored already is not computed again.

    Example: heartprobe features extract --data-dir BMD-HS --model-name logmel --duration 20
    """
    from heartprobe.cli.console import ConsoleProgress, print_line
    from heartprobe.cli.data_sets import load_recordings
    from heartprobe.data.finding_summary import summary_of
    from heartprobe.encoders.load import require_encoder
    from heartprobe.features.devices import resolve_device
    from heartprobe.machine import Machine
    from heartprobe.training.probe_trainer import ProbeTrainer

    settings: dict[str, Any] = {"models.default_model": model_name, "audio.duration": duration}
    resolved = build_config(config, settings, overrides)
    require_encoder(resolved.models.default_model, known=resolved.models.available_models)
    resolve_device(device)
    progress = ConsoleProgress()
    machine = Machine(device=device, workers=workers)
    trainer = ProbeTrainer.open(resolved, load_recordings(resolved, data_dir, progress), machine, progress)
    for line in summary_of(trainer.findings):
        progress.note(line)
    used = len(trainer.recordings.recordings)
    for time_scale, table in trainer.tables.items():
        where = f" at time scale {time_scale:g}" if len(trainer.tables) > 1 else ""
        size = f"{len(table.recording_ids)} windows, {table.n_layers} layers"
        print_line(f"{used} recordings have features{where} ({size}).")
