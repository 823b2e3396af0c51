"""What a benchmark file says: tasks, entries or a grid of them, and what they are compared with.

    baseline = "logmel"
    [config.audio]
    duration = 20
    [tasks.home]
    sets = ["bmd-hs"]
    config.evaluation.protocol = "cv"
    [[entries]]
    name = "logmel"
    encoder = "logmel"

A task is who is tested on what: data sets, labels, protocol. An entry is a model. Settings are laid
over each other: those of the file, of the task, of the entry.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, field_validator

from heartprobe.config.load import read_config_file
from heartprobe.config.schema import Config, Section
from heartprobe.errors import ConfigError, did_you_mean

SortKey = Literal["auroc", "average_precision", "sensitivity", "specificity", "balanced_accuracy", "f1", "brier"]
#: Those that are better when lower.
LOWER_IS_BETTER: Final = frozenset({"brier"})

Name = Annotated[str, Field(min_length=1)]
Settings = dict[str, Any]


class Task(Section):
    """Who is tested on what.

    Attributes:
        title: Heading of its table; the task's name where there is none.
        about: A few sentences for the reader of the table.
        sets: Data sets, by the names of their readers.
        test_sets: Data sets that are tested by a model of `sets`.
        site_groups: Sites over which a further mean is shown, by the name of the group. With `test_sets` it is they
            that have the table shown site by site.
        config: Settings of the experiment that belong to the task.
    """

    title: str | None = None
    about: str = ""
    sets: Annotated[tuple[Name, ...], Field(min_length=1)]
    test_sets: tuple[Name, ...] = ()
    site_groups: dict[str, Annotated[tuple[Name, ...], Field(min_length=1)]] = Field(default_factory=dict)
    config: Settings = Field(default_factory=dict)


class Entry(Section):
    """A model.

    Attributes:
        name: Its name in the tables.
        encoder: A catalogue name, a hub id, or a folder relative to the file (`./...`, `../...`).
        tasks: The tasks it takes part in; all where none is named.
        config: Settings of the experiment that belong to the model.
    """

    name: Name
    encoder: Name
    tasks: tuple[Name, ...] = ()
    config: Settings = Field(default_factory=dict)


class Grid(Section):
    """Entries made of all combinations.

    Attributes:
        encoders: As `encoder` of an entry.
        layers: Values of `features.layer`.
        time_scales: Values of `audio.time_scale`.
        heads: Values of `models.head`.
        tasks: The tasks they take part in; all where none is named.
        config: Settings that belong to all of them.
    """

    encoders: Annotated[tuple[Name, ...], Field(min_length=1)]
    layers: tuple[int | str, ...] = ()
    time_scales: tuple[float | tuple[float, ...], ...] = ()
    heads: tuple[Name, ...] = ()
    tasks: tuple[Name, ...] = ()
    config: Settings = Field(default_factory=dict)


class Specification(Section):
    """A whole benchmark file.

    Attributes:
        title: Heading of the leaderboard.
        about: A few sentences below it.
        baseline: The entry that the others are compared with; the first one where none is named.
        sort_by: The metric, per patient, by whose mean over the labels the tables are sorted.
        folders: Where data sets lie, by name, relative to the file.
        config: Settings of every experiment.
        tasks: By name.
        entries: Models.
        grid: More models.
    """

    title: str = "Leaderboard"
    about: str = ""
    baseline: Name | None = None
    sort_by: SortKey = "auroc"
    folders: dict[str, Name] = Field(default_factory=dict)
    config: Settings = Field(default_factory=dict)
    tasks: Annotated[dict[str, Task], Field(min_length=1)]
    entries: tuple[Entry, ...] = ()
    grid: Grid | None = None

    @field_validator("tasks")
    @classmethod
    def _named(cls, tasks: dict[str, Task]) -> dict[str, Task]:
        if "" in tasks:
            raise ValueError("a task needs a name")
        return tasks


def read_specification(path: Path) -> Specification:
    """Return what a `.toml` or `.json` file says.

    Raises:
        ConfigError: If it cannot be read, a key is unknown or a value does not fit.
    """
    if not path.is_file():
        raise ConfigError(
            f"There is no benchmark file {path}. Name a .toml or .json file; docs/benchmark.md shows one."
        )
    values = read_config_file(path)
    try:
        # Through JSON, so that a list is as good as a tuple wherever the values come from.
        return Specification.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        problems = dict.fromkeys(_sentence(problem) for problem in error.errors())
        raise ConfigError(f"In {path}: {' '.join(problems)}") from None


def _sentence(problem: Any) -> str:
    # Pydantic names the branch of a union in the location, with brackets: not a key of the file.
    where = [str(part) for part in problem["loc"] if "[" not in str(part)]
    dotted = ".".join(where)
    if problem["type"] == "extra_forbidden":
        return f"there is no key {dotted!r}.{_hint(where)}"
    if problem["type"] == "missing":
        return f"{dotted} is missing."
    shown = json.dumps(problem["input"], default=str)
    return f"{dotted} is {shown[:60]}: {problem['msg'][0].lower()}{problem['msg'][1:]}."


def _hint(where: list[str]) -> str:
    """Suggest the key that was meant, or the place where the settings of an experiment stand."""
    last = where[-1]
    if last in Config.model_fields:
        return f" Settings of the experiment stand below config: [{'.'.join([*where[:-1], 'config', last])}]."
    sections: dict[str, type[Section]] = {"tasks": Task, "entries": Entry, "grid": Grid}
    section = Specification if len(where) == 1 else sections.get(where[0], Specification)
    return did_you_mean(last, section.model_fields)


def merged(*layers: Settings) -> Settings:
    """Return nested settings laid over each other, the last on top; none of them is changed."""
    result: Settings = {}
    for layer in layers:
        for key, value in layer.items():
            below = result.get(key)
            result[key] = merged(below if isinstance(below, dict) else {}, value) if isinstance(value, dict) else value
    return result
