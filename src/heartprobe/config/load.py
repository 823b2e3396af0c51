"""Configuration from a JSON or TOML file and `section.key=value` overrides."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from heartprobe.config.schema import Config
from heartprobe.errors import ConfigError, did_you_mean
from heartprobe.labels import NORMAL

Settings = TypeVar("Settings", bound=BaseModel)


def load_config(path: Path | None = None, overrides: Iterable[str] = ()) -> Config:
    """Return the configuration of a file with overrides laid over it.

    Args:
        path: A `.json` or `.toml` file; `None` for the defaults.
        overrides: Texts of the form `section.key=value`; the value is read as JSON where it is
            JSON (`4`, `true`, `[1, 2]`, `null`) and as plain text otherwise.

    Raises:
        ConfigError: If the file cannot be read, a key is unknown or a value does not fit.
    """
    values = read_config_file(path) if path is not None else {}
    for override in overrides:
        key, value = parse_override(override)
        lay_over(values, key, value)
    return validate_config(values, source=str(path) if path is not None else "the given settings")


def read_config_file(path: Path) -> dict[str, Any]:
    """Return the sections of a `.json` or `.toml` file, not yet validated."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"There is no configuration file {path}. Check the path given with --config.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration file {path} cannot be read: {error}.") from None
    try:
        values = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        kind = "TOML" if path.suffix.lower() == ".toml" else "JSON"
        raise ConfigError(f"{path} is not valid {kind}: {error}.") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds a {type(values).__name__}; a configuration is an object of sections.")
    return values


def parse_override(text: str) -> tuple[str, Any]:
    """Split `section.key=value` into the dotted key and its value."""
    key, separator, raw = text.partition("=")
    if not separator or "." not in key:
        raise ConfigError(f"--set {text!r} is not of the form section.key=value, such as audio.time_scale=4.")
    try:
        return key.strip(), json.loads(raw)
    except json.JSONDecodeError:
        return key.strip(), raw


def lay_over(values: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key in nested dictionaries, in place."""
    *sections, last = key.split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{key} cannot be set: {section} is a value, not a section.")
        values = inner
    values[last] = value


def validate_config(values: Mapping[str, Any], *, source: str) -> Config:
    """Return the validated configuration, or raise one sentence for each setting that is wrong."""
    config = validate_section(Config, values, source=source)
    _check_labels(config, source)
    _check_windows(config, source)
    return config


def validate_section(section: type[Settings], values: Mapping[str, Any], *, source: str) -> Settings:
    """Return validated settings of any kind, or raise one sentence for each that is wrong."""
    try:
        # Through JSON, so that a list is as good as a tuple wherever the values come from.
        return section.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        problems = _sentences(error.errors(), list(setting_names(section)))
        listed = problems[0] if len(problems) == 1 else "\n  ".join([f"{len(problems)} settings are wrong:", *problems])
        raise ConfigError(f"In {source}: {listed}") from None


def setting_names(section: type[BaseModel] = Config, prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every setting."""
    for name, info in section.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_names(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _sentences(problems: Iterable[Any], known: list[str]) -> list[str]:
    """Return one sentence for each wrong setting; of one that may be several things, with what is wrong for each."""
    reasons: dict[str, list[str]] = {}
    for problem in problems:
        # Pydantic names the branch of a union (such as 'literal[...]') in the location: only the
        # names of settings are of interest.
        names = [part for part in problem["loc"] if isinstance(part, str)]
        if problem["type"] == "extra_forbidden":
            dotted = ".".join(names)
            reasons[f"there is no setting {dotted!r}.{_suggest(dotted, known)}"] = []
            continue
        reason = problem["msg"][0].lower() + problem["msg"][1:]
        if isinstance(problem["input"], dict) and problem["type"] == "value_error":
            # Of a whole section, whose settings do not fit together: the sentence names them.
            reasons[f"{problem['ctx']['error']}."] = []
            continue
        dotted = next((".".join(names[:n]) for n in range(len(names), 0, -1) if ".".join(names[:n]) in known), names[0])
        shown = json.dumps(problem["input"], default=str)[:60]
        reasons.setdefault(f"{dotted} is {shown}: ", []).append(reason)
    return [f"{what}{'; or '.join(dict.fromkeys(why))}." if why else what for what, why in reasons.items()]


def _suggest(dotted: str, known: list[str]) -> str:
    """Suggest the same key in another section, or the closest section or key."""
    last = dotted.rsplit(".", 1)[-1]
    elsewhere = [name for name in known if name.rsplit(".", 1)[-1] == last]
    if elsewhere:
        return f" Did you mean {elsewhere[0]!r}?"
    sections = {name.rsplit(".", 1)[0] for name in known}
    return did_you_mean(dotted, [*known, *sorted(sections)])


def _check_labels(config: Config, source: str) -> None:
    """Refuse classes that are named twice, and another normal class than the declared one."""
    classes = config.dataset.disease_classes
    if len(set(classes)) != len(classes):
        raise ConfigError(f"In {source}: dataset.disease_classes names a class twice: {', '.join(classes)}.")
    # Which value of a label is the finding is declared in heartprobe.labels; another name for the
    # normal class would turn every rate round.
    if config.dataset.normal_class != NORMAL or NORMAL not in classes:
        raise ConfigError(
            f"In {source}: dataset.normal_class is {config.dataset.normal_class!r} and dataset.disease_classes "
            f"{', '.join(classes)}; the normal class is called {NORMAL!r} and must be among them."
        )


def _check_windows(config: Config, source: str) -> None:
    """Refuse windows of different lengths where an encoder is trained, in batches."""
    if config.audio.windows == "whole" and not config.training.freeze_encoder:
        raise ConfigError(
            f"In {source}: audio.windows is whole, but training.freeze_encoder is false, and windows of different "
            "lengths cannot be trained on in batches. Set audio.windows to all."
        )
