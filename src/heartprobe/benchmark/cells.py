"""The cells of a benchmark: every entry on every task it takes part in, each an ordinary experiment."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heartprobe import __version__
from heartprobe.benchmark.grid import entries_of
from heartprobe.benchmark.specification import Entry, Settings, Specification, Task, merged
from heartprobe.config.load import lay_over, parse_override, validate_config
from heartprobe.config.schema import Config
from heartprobe.errors import ConfigError, did_you_mean

#: What decides who is tested and on what, which is the same in all rows of a table.
_OF_THE_TASK: Final = (
    *("dataset.disease_classes", "dataset.normal_class", "training.multi_label", "training.random_seed"),
    *("training.test_ratio", "evaluation.protocol", "evaluation.folds", "evaluation.repeats"),
    *("evaluation.test_sets", "evaluation.splits_file", "evaluation.bootstrap_draws"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry on one task.

    Attributes:
        task: Name of the task.
        entry: Name of the entry.
        encoder: The encoder as the file names it, wherever it lies on this machine.
        config: The settings of the experiment.
        folder: Its run folder, relative to that of the benchmark.
    """

    task: str
    entry: str
    encoder: str
    config: Config
    folder: Path


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be run.

    Attributes:
        specification: What the file says.
        baseline: Name of the entry that the others are compared with.
        folders: Where each data set lies, as far as it is said.
        cells: Task by task, in the order of the file.
    """

    specification: Specification
    baseline: str
    folders: Mapping[str, Path]
    cells: tuple[Cell, ...]

    @property
    def tasks(self) -> dict[str, Task]:
        """The tasks that have cells, in the order of the file."""
        used = {cell.task for cell in self.cells}
        return {name: task for name, task in self.specification.tasks.items() if name in used}

    def of_task(self, task: str) -> tuple[Cell, ...]:
        """Return the cells of a task."""
        return tuple(cell for cell in self.cells if cell.task == task)


def plan_cells(
    specification: Specification,
    path: Path,
    *,
    folders: Mapping[str, Path] | None = None,
    encoders: Mapping[str, Path] | None = None,
    overrides: Iterable[str] = (),
) -> Plan:
    """Return the cells of a benchmark file, with the settings of each checked.

    Args:
        specification: What the file says.
        path: The file, to whose folder its paths are relative.
        folders: Where data sets lie on this machine; goes before what the file says.
        encoders: Where encoders lie on this machine, by the name that the file gives them.
        overrides: `section.key=value`, laid over every cell.

    Raises:
        ConfigError: If names contradict each other or do not exist, or settings are wrong.
    """
    entries = [*specification.entries, *(entries_of(specification.grid) if specification.grid else ())]
    baseline = _baseline(specification.baseline, [entry.name for entry in entries], path)
    _require_known_names(specification, entries, path, folders or {}, encoders or {})
    on_top: Settings = {}
    for override in overrides:
        lay_over(on_top, *parse_override(override))
    cells: list[Cell] = []
    for name, task in specification.tasks.items():
        of_task = []
        for entry in entries:
            if not entry.tasks or name in entry.tasks:
                settings = merged(specification.config, task.config, entry.config, on_top)
                of_task.append(_cell(name, task, entry, settings, path, (encoders or {}).get(entry.encoder)))
        _require_one_question(name, of_task, path)
        _require_sortable(name, task, of_task, specification.sort_by, path)
        cells += of_task
    said = {name: path.parent / Path(folder).expanduser() for name, folder in specification.folders.items()}
    return Plan(specification, baseline, {**said, **(folders or {})}, tuple(cells))


def _baseline(given: str | None, names: Sequence[str], path: Path) -> str:
    if not names:
        raise ConfigError(f"{path} has no entries: add [[entries]] with name and encoder, or a [grid] with encoders.")
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise ConfigError(f"{path}: two entries have the name {twice[0]!r}. Give each a name of its own.")
    if given is not None and given not in names:
        raise ConfigError(
            f"{path}: the baseline {given!r} is no entry.{did_you_mean(given, names)} There are {', '.join(names)}."
        )
    return names[0] if given is None else given


def _require_known_names(
    specification: Specification,
    entries: Sequence[Entry],
    path: Path,
    folders: Mapping[str, Path],
    encoders: Mapping[str, Path],
) -> None:
    """Refuse names of tasks, data sets and encoders that the file does not have."""
    sets = {name for task in specification.tasks.values() for name in (*task.sets, *task.test_sets)}
    named: list[tuple[str, Iterable[str], Iterable[str]]] = [
        ("--data", folders, sets),
        ("[folders]", specification.folders, sets),
        ("--encoder", encoders, {entry.encoder for entry in entries}),
        *((f"The entry {entry.name!r}", entry.tasks, specification.tasks) for entry in entries),
    ]
    for who, names, known in named:
        for name in names:
            if name not in known:
                raise ConfigError(
                    f"{who} names {name!r}, which {path} does not have.{did_you_mean(name, known)} "
                    f"It has {', '.join(sorted(known))}."
                )


def _cell(name: str, task: Task, entry: Entry, settings: Settings, path: Path, encoder: Path | None) -> Cell:
    """Return a cell with checked settings, in which paths are those of this machine."""
    where = f"{path}, {entry.name!r} on {name!r}"
    lay_over(settings, "dataset.name", "+".join(task.sets))
    if task.test_sets:
        lay_over(settings, "evaluation.protocol", "external")
        lay_over(settings, "evaluation.test_sets", list(task.test_sets))
    lay_over(settings, "models.default_model", entry.encoder)
    named = validate_config(settings, source=where)
    folder = Path("runs") / _slug(name) / f"{_slug(entry.name)}-{_digest(name, entry.name, named)}"
    lay_over(settings, "models.default_model", str(encoder) if encoder else _encoder_source(entry.encoder, path.parent))
    if named.evaluation.splits_file is not None:
        lay_over(settings, "evaluation.splits_file", str((path.parent / named.evaluation.splits_file).resolve()))
    return Cell(name, entry.name, entry.encoder, validate_config(settings, source=where), folder)


def _encoder_source(encoder: str, beside: Path) -> str:
    """Return a folder with its whole path, and any other name as it is."""
    if encoder.startswith((".", "/", "~")):
        return str((beside / Path(encoder).expanduser()).resolve())
    return encoder


def _digest(task: str, entry: str, config: Config) -> str:
    """Return what keeps runs of other settings, or of another heartprobe, apart; no path is in it."""
    content = (__version__, task, entry, config.model_dump(mode="json"))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.") or "run"


def _require_one_question(task: str, cells: Sequence[Cell], path: Path) -> None:
    """Refuse a table whose rows would be about other patients, labels or draws."""
    for cell in cells[1:]:
        for key in _OF_THE_TASK:
            section, name = key.split(".")
            first, other = (getattr(getattr(c.config, section), name) for c in (cells[0], cell))
            if first != other:
                raise ConfigError(
                    f"{path}: on the task {task!r}, {key} is {json.dumps(first)} for {cells[0].entry!r} and "
                    f"{json.dumps(other)} for {cell.entry!r}. Rows of one table must answer the same question: set it "
                    "for the task."
                )


def is_by_site(task: Task, config: Config) -> bool:
    """Whether a task is shown site by site: each site has a model of its own, or sites are grouped."""
    protocol = config.evaluation.protocol
    return protocol == "leave-site-out" or (protocol == "external" and bool(task.site_groups))


def _require_sortable(name: str, task: Task, cells: Sequence[Cell], sort_by: str, path: Path) -> None:
    """Refuse another metric than the AUROC for tables that are about sites, whose mean there is of it alone."""
    if sort_by != "auroc" and any(is_by_site(task, cell.config) for cell in cells):
        raise ConfigError(
            f"{path}: sort_by is {sort_by!r}, but the task {name!r} is shown site by site, which is sorted by the "
            "mean AUROC over sites. Leave sort_by out, or put the task into a file of its own."
        )
