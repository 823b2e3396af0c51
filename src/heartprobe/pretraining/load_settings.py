"""Settings of a pre-training from a file and `section.key=value` overrides."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from heartprobe.config.load import lay_over, parse_override, read_config_file, validate_section
from heartprobe.pretraining.settings import PretrainingSettings


def load_settings(path: Path | None = None, overrides: Iterable[str] = ()) -> PretrainingSettings:
    """Return the settings of a JSON or TOML file with overrides laid over it.

    Raises:
        ConfigError: If the file cannot be read, a key is unknown or a value does not fit.
    """
    values = read_config_file(path) if path is not None else {}
    for override in overrides:
        lay_over(values, *parse_override(override))
    source = str(path) if path is not None else "the given settings"
    return validate_section(PretrainingSettings, values, source=source)
