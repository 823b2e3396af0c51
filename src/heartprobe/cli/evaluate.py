"""`heartprobe evaluate`: how well a trained model does on another data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heartprobe.cli.data_sets import DataOption, load_recordings, protocol_settings
from heartprobe.cli.options import (
    AudioOption,
    DataDirOption,
    DeviceOption,
    JsonOption,
    SetOption,
    WorkersOption,
    build_config,
)


def evaluate(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Model folder, such as RUN/bundle.")],
    data_dir: DataDirOption = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="Data set in --data-dir; bmd-hs by default.")
    ] = None,
    data: DataOption = None,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ENCODER", help="Where the encoder is now, if it was moved.")
    ] = None,
    overrides: SetOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for the report; below runs/ by default.")
    ] = None,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    with_audio: AudioOption = False,
    as_json: JsonOption = False,
) -> None:
    """Test a trained model on other data, with predictions.csv and a report as `train` leaves them.

    Example: heartprobe evaluate RUN/bundle --data-dir PHYSIONET --dataset physionet-2016

    Only labels that the model and the data set both know are measured; what is unknown of a patient counts nowhere.
    """
    from heartprobe.cli.console import ConsoleProgress, print_json, print_line
    from heartprobe.cli.summary import print_summary
    from heartprobe.errors import ConfigError
    from heartprobe.evaluate import evaluate_bundle
    from heartprobe.predict import Predictor

    if dataset is not None and data:
        raise ConfigError("--dataset and --data both name data sets; give --data NAME=DIR for every one.")
    if data_dir is None and not data:
        raise ConfigError("Say what to test on: --data-dir DIR with --dataset NAME, or --data NAME=DIR.")
    settings = {"dataset.name": dataset, **protocol_settings(data, None, None)}
    config = build_config(None, settings, overrides)
    progress = ConsoleProgress()
    predictor = Predictor.open(bundle, encoder=encoder, device=device)
    recordings = load_recordings(config, data_dir, progress, data=data)
    folder = out or Path("runs") / f"{bundle.resolve().parent.name}-on-{recordings.name}"
    report = evaluate_bundle(
        predictor,
        recordings,
        folder,
        seed=config.training.random_seed,
        draws=config.evaluation.bootstrap_draws,
        workers=workers,
        progress=progress,
        with_audio=with_audio,
    )
    if as_json:
        print_json(report)
        return
    print_summary(report)
    print_line(f"\nReport: {folder} (report.html to read)")
