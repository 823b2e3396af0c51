"""Settings of a pre-training from a file and `section.key=value` overrides."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from heartprobe.config.load import lay_over, parse_override, read_config_file, validate_section
from heartprobe.pretraining.settings import PretrainingSettings


def load_settings(path: Path | None = None, overrides: Iterable[str] = ()) -> PretrainingSettings:
    """Return the settings of a JSON or TOML file with overrides laid over it.

    The `config.json` of an encoder that was pre-trained is such a file: it makes that encoder again.

    Raises:
        ConfigError: If the file cannot be read, a key is unknown or a value does not fit.
    """
    values = read_config_file(path) if path is not None else {}
    if "weights_sha256" in values:
        made_with = {**values, **values.get("pretraining", {})}
        values = {name: made_with[name] for name in PretrainingSettings.model_fields if name in made_with}
    for override in overrides:
        lay_over(values, *parse_override(override))
    source = str(path) if path is not None else "the given settings"
    return validate_section(PretrainingSettings, values, source=source)
