"""`heartprobe report`: make the report of a run again, with the pictures and sounds of its hardest patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartprobe.cli.data_sets import DataOption, TestDataOption, load_recordings, protocol_settings
from heartprobe.cli.options import AudioOption, DataDirOption, build_config
from heartprobe.errors import ConfigError

if TYPE_CHECKING:
    from heartprobe.config.schema import Config


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `train` or `evaluate` has left.")],
    data_dir: DataDirOption = None,
    data: DataOption = None,
    test_data: TestDataOption = None,
    with_audio: AudioOption = False,
) -> None:
    """Write report.html and report.md of a run again, from its report.json and predictions.csv.

    Example: heartprobe report RUN --data-dir BMD-HS --with-audio

    With the data that the run was made from, report.html has the spectrograms of the patients that the model was most
    wrong about. Whoever has a page with audio has these recordings.
    """
    from heartprobe.cli.console import ConsoleProgress, print_line
    from heartprobe.evaluation.report import read_report, write_report_html, write_report_md

    values = read_report(run)
    has_data = bool(data_dir or data or test_data)
    if with_audio and not has_data:
        raise ConfigError("--with-audio needs the recordings: name them with --data-dir DIR or --data NAME=DIR.")
    recordings = None
    if has_data:
        config = _config(run, values, protocol_settings(data, test_data, None))
        recordings = load_recordings(config, data_dir, ConsoleProgress(), data=data, test_data=test_data)
    page = write_report_html(values, run, recordings, with_audio=with_audio)
    if recordings is None:
        print_line("No spectrograms: the recordings were not named (--data-dir DIR).")
    print_line(f"Written: {page} and {write_report_md(values, run)}")


def _config(run: Path, values: dict[str, Any], settings: dict[str, Any]) -> Config:
    """Return the configuration of a run; an evaluation has left none, and its report tells the data set."""
    stored = run / "config.json"
    if stored.is_file():
        return build_config(stored, settings, None)
    name = None if values["data"]["is_synthetic"] else values["data"]["name"]
    return build_config(None, {"dataset.name": name, **settings}, None)
