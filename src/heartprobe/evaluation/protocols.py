"""How patients are divided into development and test: one split, or cross-validation.

Every protocol yields `Split`s over patients and draws from `training.random_seed` alone: the
order of the recordings, the labels that are predicted and the process do not matter, so that a
binary and a multi-label run on the same data set test the same patients in the same folds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import SplitError
from heartprobe.evaluation.stratify import Combination, deal, draw, stratified_order

# What a stream of random numbers is for; a stream is named by purpose, repeat and fold.
_TEST, _SELECTION, _FINAL = range(3)


def make_splits(recordings: RecordingSet, config: Config) -> list[Split]:
    """Return the splits of the protocol in `evaluation.protocol`.

    Raises:
        SplitError: If there are too few patients for it.
    """
    return PROTOCOLS[config.evaluation.protocol](_combinations(recordings, config), config)


def final_split(recordings: RecordingSet, config: Config) -> Split:
    """Return the split of a final fit: everybody in development, nobody tested.

    Its validation folds are as many as `evaluation.selection_folds`, or as there are patients
    where those are fewer.

    Raises:
        SplitError: If there are fewer than two patients.
    """
    combinations = _combinations(recordings, config)
    if len(combinations) < 2:
        raise SplitError(f"A model needs at least 2 patients, one to train and one to validate; {_has(combinations)}.")
    n_folds = min(config.evaluation.selection_folds, len(combinations))
    rng = _rng(config, _FINAL)
    folds = deal(stratified_order(combinations, rng), n_folds)
    return Split(repeat=0, fold=0, train_only=(), validation_folds=folds, test=())


def _holdout(combinations: Mapping[str, Combination], config: Config) -> list[Split]:
    """One split: `test_ratio` of the patients, then `validation_ratio` of the rest; each at least one."""
    n, training = len(combinations), config.training
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
            f"{_has(combinations)}. {way_out}."
        )
    rng = _rng(config, _TEST)
    test = draw(stratified_order(combinations, rng), n_test, rng)
    rest = _without(combinations, test)
    validation = draw(stratified_order(rest, rng), n_validation, rng)
    train = tuple(sorted(_without(rest, validation)))
    return [Split(repeat=0, fold=0, train_only=train, validation_folds=(validation,), test=test)]


def _cross_validation(combinations: Mapping[str, Combination], config: Config) -> list[Split]:
    """Every patient is tested once per repeat; the others are divided into validation folds."""
    n, settings = len(combinations), config.evaluation
    if not _is_enough(n, settings.folds, settings.selection_folds):
        raise SplitError(
            f"evaluation.folds={settings.folds} with evaluation.selection_folds={settings.selection_folds} asks for "
            f"more patients than there are: {_has(combinations)}. {_what_would_work(n, config)}"
        )
    splits = []
    for repeat in range(settings.repeats):
        test_folds = deal(stratified_order(combinations, _rng(config, _TEST, repeat)), settings.folds)
        for fold, test in enumerate(test_folds):
            order = stratified_order(_without(combinations, test), _rng(config, _SELECTION, repeat, fold))
            splits.append(Split(repeat, fold, (), deal(order, settings.selection_folds), test))
    return splits


#: The protocols of `evaluation.protocol`: label combinations by patient id -> splits.
PROTOCOLS: Final[Mapping[str, Callable[[Mapping[str, Combination], Config], list[Split]]]] = {
    "holdout": _holdout,
    "cv": _cross_validation,
}


def _combinations(recordings: RecordingSet, config: Config) -> dict[str, Combination]:
    """Return all labels that the data set declares, whichever of them are predicted, by patient."""
    labels = sorted({*config.dataset.disease_classes, *config.labels})
    return {
        patient: tuple(recordings.patients[patient].labels.get(label) for label in labels)
        for patient in recordings.patient_ids
    }


def _without(combinations: Mapping[str, Combination], patients: tuple[str, ...]) -> dict[str, Combination]:
    return {patient: combination for patient, combination in combinations.items() if patient not in set(patients)}


def _rng(config: Config, *stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(config.training.random_seed, spawn_key=stream))


def _has(combinations: Mapping[str, Combination]) -> str:
    n = len(combinations)
    return "there is 1 patient with recordings" if n == 1 else f"there are {n} patients with recordings"


def _is_enough(n_patients: int, folds: int, selection_folds: int) -> bool:
    """Whether no test fold is empty and the smallest development part fills its validation folds."""
    largest_test = -(-n_patients // folds)
    return n_patients >= folds and n_patients - largest_test >= selection_folds


def _what_would_work(n_patients: int, config: Config) -> str:
    """Name the settings closest to those asked for that these patients allow."""
    for folds in (*range(config.evaluation.folds, 1, -1), n_patients):
        for selection_folds in range(config.evaluation.selection_folds, 1, -1):
            if _is_enough(n_patients, folds, selection_folds):
                return (
                    f"Set evaluation.folds={folds} and evaluation.selection_folds={selection_folds}, or add patients."
                )
    return "Cross-validation needs at least 3 patients: add patients."
