"""How patients are divided into development and test: one split, cross-validation, or by site.

Every protocol yields `Split`s over patients and draws from `training.random_seed` alone: the
order of the recordings, the labels that are predicted and the process do not matter, so that a
binary and a multi-label run on the same data set test the same patients in the same folds.
Patients who may be one person (`Patient.group`) stay in one part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from heartprobe.config.schema import Config
from heartprobe.data.combine import dataset_of
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import ConfigError, SplitError
from heartprobe.evaluation.protocols.groups import Units, require_several, require_together
from heartprobe.evaluation.protocols.splits_file import read_splits

# What a stream of random numbers is for; a stream is named by purpose, repeat and fold.
_TEST, _SELECTION, _FINAL = range(3)

#: From so many sites on, validation folds are whole sites: each leaves at least two to learn from.
FEWEST_SITES_TO_SELECT_ON: Final = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """The splits of a protocol, and sentences on what its user should know of them."""

    splits: list[Split]
    notes: tuple[str, ...] = ()


def make_splits(recordings: RecordingSet, config: Config) -> list[Split]:
    """Return the splits of the protocol in `evaluation.protocol`.

    Raises:
        SplitError: If there are too few patients, groups or sites for it, or a file of splits is wrong.
        ConfigError: If the protocol lacks what it needs.
    """
    return plan_splits(recordings, config).splits


def plan_splits(recordings: RecordingSet, config: Config) -> Plan:
    """Return the splits of the protocol with notes on them; raises what `make_splits` does."""
    _refuse_unused_settings(config)
    plan = PROTOCOLS[config.evaluation.protocol](recordings, config)
    for split in plan.splits:
        require_together(recordings, split)
    return plan


def final_split(recordings: RecordingSet, config: Config) -> Split:
    """Return the split of a final fit: everybody in development, nobody tested.

    Under `leave-site-out` it validates on whole sites as each fold did. Otherwise its validation
    folds are as many as `evaluation.selection_folds`, or as there are patients where those are fewer.

    Raises:
        SplitError: If there are fewer than two patients, or all of them may be one person.
    """
    units = Units.of(recordings, config)
    require_several(units, recordings, purpose="to train and validate on")
    if len(units) < 2:
        raise SplitError(f"A model needs at least 2 patients, one to train and one to validate; {units}.")
    if config.evaluation.protocol == "leave-site-out":
        folds = _folds_for_transfer(units, recordings, config, _rng(config, _FINAL))
    else:
        folds = units.deal(min(config.evaluation.selection_folds, len(units)), _rng(config, _FINAL))
    return Split(repeat=0, fold=0, train_only=(), validation_folds=folds, test=())


def _holdout(recordings: RecordingSet, config: Config) -> Plan:
    """One split: `test_ratio` of the patients, then `validation_ratio` of the rest; each at least one."""
    units, training = Units.of(recordings, config), config.training
    require_several(units, recordings, purpose="to train and test on")
    n = len(units)
    n_test = max(1, round(n * training.test_ratio))
    n_validation = max(1, round((n - n_test) * training.validation_ratio))
    if n_test + n_validation >= n:
        way_out = (
            "Lower training.test_ratio or training.validation_ratio"
            if n >= 3
            else "At least 3 patients are needed, one for each part: add patients"
        )
        raise SplitError(
            f"training.test_ratio={training.test_ratio} and training.validation_ratio={training.validation_ratio} "
            f"take {n_test} patient(s) for the test and {n_validation} for validation and leave none to train on: "
            f"{units}. {way_out}."
        )
    rng = _rng(config, _TEST)
    test = units.draw(n_test, rng)
    rest = units.without(test)
    validation = rest.draw(n_validation, rng)
    train = rest.without(validation)
    return Plan([Split(0, 0, train.patients(train.members), (validation,), test)])


def _cross_validation(recordings: RecordingSet, config: Config) -> Plan:
    """Every patient is tested once per repeat; the others are divided into validation folds."""
    units, settings = Units.of(recordings, config), config.evaluation
    require_several(units, recordings, purpose="to train and test on")
    if not _is_enough(len(units), settings.folds, settings.selection_folds):
        raise SplitError(
            f"evaluation.folds={settings.folds} with evaluation.selection_folds={settings.selection_folds} asks for "
            f"more patients than there are: {units}. {_what_would_work(len(units), config)}"
        )
    splits = []
    for repeat in range(settings.repeats):
        for fold, test in enumerate(units.deal(settings.folds, _rng(config, _TEST, repeat))):
            rest = units.without(test)
            validation = rest.deal(settings.selection_folds, _rng(config, _SELECTION, repeat, fold))
            splits.append(Split(repeat, fold, (), validation, test))
    return Plan(splits)


def _leave_site_out(recordings: RecordingSet, config: Config) -> Plan:
    """Every site is the test part once, in the order of their names; nothing of it is developed on."""
    sites = _by_site(recordings, recordings.patient_ids)
    if len(sites) < 2:
        raise SplitError(
            f"evaluation.protocol=leave-site-out needs at least 2 sites; {recordings.name} has only "
            f"{', '.join(sites)}. Add a data set with --data NAME=DIR."
        )
    units = Units.of(recordings, config)
    splits = []
    for fold, test in enumerate(sites.values()):
        folds = _folds_for_transfer(units.without(test), recordings, config, _rng(config, _SELECTION, 0, fold))
        splits.append(Split(0, fold, (), folds, test))
    return Plan(splits)


def _external(recordings: RecordingSet, config: Config) -> Plan:
    """One split: the data sets in `evaluation.test_sets` are tested, everybody else is developed on."""
    wanted = config.evaluation.test_sets
    test = tuple(p for p in recordings.patient_ids if dataset_of(p) in wanted)
    empty = sorted(set(wanted) - {dataset_of(p) for p in test})
    if not wanted or empty:
        raise ConfigError(
            f"evaluation.protocol=external tests on {', '.join(empty) or 'other data sets'}, which is not given. "
            "Name it and its folder with --test-data NAME=DIR."
        )
    rest = Units.of(recordings, config).without(test)
    folds = _folds_for_transfer(rest, recordings, config, _rng(config, _SELECTION, 0, 0))
    return Plan([Split(0, 0, (), folds, test)])


def _from_file(recordings: RecordingSet, config: Config) -> Plan:
    """The splits of a table, such as one that was published."""
    path = config.evaluation.splits_file
    if path is None:
        raise ConfigError("evaluation.protocol=splits needs a table of splits: name it with --splits FILE.")
    units = Units.of(recordings, config)

    def divide(patients: tuple[str, ...], repeat: int, fold: int) -> tuple[tuple[str, ...], ...]:
        others = set(recordings.patient_ids) - set(patients)
        return _deal(units.without(others), recordings, config, _rng(config, _SELECTION, repeat, fold))

    return Plan(*read_splits(Path(path), recordings, divide))


#: The protocols of `evaluation.protocol`.
PROTOCOLS: Final[Mapping[str, Callable[[RecordingSet, Config], Plan]]] = {
    "holdout": _holdout,
    "cv": _cross_validation,
    "leave-site-out": _leave_site_out,
    "external": _external,
    "splits": _from_file,
}


def _folds_for_transfer(
    units: Units, recordings: RecordingSet, config: Config, rng: np.random.Generator
) -> tuple[tuple[str, ...], ...]:
    """Return whole sites as validation folds where there are enough, so that what is chosen is chosen for transfer."""
    sites = _by_site(recordings, units.patients(units.members))
    if len(sites) >= FEWEST_SITES_TO_SELECT_ON:
        return tuple(sites.values())
    return _deal(units, recordings, config, rng)


def _deal(
    units: Units, recordings: RecordingSet, config: Config, rng: np.random.Generator
) -> tuple[tuple[str, ...], ...]:
    """Divide development patients into `evaluation.selection_folds` parts, or as many as they allow."""
    require_several(units, recordings, purpose="to train and validate on")
    if len(units) < 2:
        raise SplitError(f"At least 2 patients are needed to train and validate on; {units} in the development part.")
    return units.deal(min(config.evaluation.selection_folds, len(units)), rng)


def _by_site(recordings: RecordingSet, patients: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the patients of each site, both sorted."""
    sites = sorted({recordings.site_of(patient) for patient in patients})
    return {site: tuple(sorted(p for p in patients if recordings.site_of(p) == site)) for site in sites}


def _refuse_unused_settings(config: Config) -> None:
    """Refuse settings that another protocol than the one that is set would need."""
    settings = config.evaluation
    for is_given, protocol, option in (
        (bool(settings.test_sets), "external", "--test-data"),
        (settings.splits_file is not None, "splits", "--splits"),
    ):
        if is_given and settings.protocol != protocol:
            raise ConfigError(
                f"{option} is for evaluation.protocol={protocol}, but it is set to {settings.protocol}. Leave one out."
            )


def _rng(config: Config, *stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(config.training.random_seed, spawn_key=stream))


def _is_enough(n_units: int, folds: int, selection_folds: int) -> bool:
    """Whether no test fold is empty and the smallest development part fills its validation folds."""
    largest_test = -(-n_units // folds)
    return n_units >= folds and n_units - largest_test >= selection_folds


def _what_would_work(n_units: int, config: Config) -> str:
    """Name the settings closest to those asked for that these patients allow."""
    for folds in (*range(config.evaluation.folds, 1, -1), n_units):
        for selection_folds in range(config.evaluation.selection_folds, 1, -1):
            if _is_enough(n_units, folds, selection_folds):
                return (
                    f"Set evaluation.folds={folds} and evaluation.selection_folds={selection_folds}, or add patients."
                )
    return "Cross-validation needs at least 3 patients: add patients."
