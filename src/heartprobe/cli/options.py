"""Options that several commands share, and what they mean for the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from heartprobe.config.schema import Config

ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Configuration, JSON or TOML.")]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Folder with the data set (searched below).")
]
ModelNameOption = Annotated[
    str | None,
    typer.Option("--model-name", metavar="ENCODER", help="Encoder: a name of `encoders list`, a hub id or a folder."),
]
DurationOption = Annotated[
    float | None, typer.Option("--duration", metavar="S", help="Length of a window in seconds of recording.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Any setting of the configuration; may be repeated."),
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="Threads of the feature extraction; one per core by default.")
]
AudioOption = Annotated[
    bool,
    typer.Option("--with-audio", help="Put the sounds of the hardest patients into report.html, to be listened to."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def build_config(config: Path | None, settings: dict[str, Any], overrides: list[str] | None) -> Config:
    """Return the configuration of a file, with options and then `--set` laid over it.

    Args:
        config: The file, or `None`.
        settings: Values of command-line options by dotted key; `None` means that it was not given.
        overrides: The texts given with `--set`.
    """
    from heartprobe.config.load import lay_over, parse_override, read_config_file, validate_config

    values = read_config_file(config) if config is not None else {}
    for key, value in settings.items():
        if value is not None:
            lay_over(values, key, value)
    for override in overrides or ():
        lay_over(values, *parse_override(override))
    return validate_config(values, source=str(config) if config is not None else "the given settings")
