"""`models.head=select`: the better of the two heads, by validation patients that neither has seen.

Every validation fold is predicted by a network that was trained on the other development patients,
as it is by linear heads. The network also needs patients to stop early on; those of the fold would then
no longer be unseen, and are therefore spared: others are drawn from the training part of each fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.evaluation.protocols.groups import Units
from heartprobe.features.table import FeatureTable
from heartprobe.models.head import JSON
from heartprobe.models.window_classifier import Layer
from heartprobe.progress import Progress, SilentProgress
from heartprobe.training.fitted_probe import Probe, split_name
from heartprobe.training.linear_probe import fit_selected, require_both_classes, select_and_tell
from heartprobe.training.mlp_probe import fit_mlp_at, train_network
from heartprobe.training.patient_score import Score, score_within_sites
from heartprobe.training.window_rows import WindowRows


def fit_better_probe(
    tables: Mapping[float, FeatureTable], recordings: RecordingSet, split: Split, config: Config, progress: Progress
) -> Probe:
    """Return the best linear head, or the network on the same features if that is better.

    Of equal ones the linear head is taken. The network is judged at the one time scale and layer that
    the linear head chose, so that it costs one training for each validation fold and, if chosen, one more.

    Raises:
        TrainingError: If a label shows one class only, or a training does not end well.
        ConfigError: If `features.layer` is not a hidden state of the encoder.
    """
    require_both_classes(tables, recordings, split.train, config)
    selection = select_and_tell(tables, recordings, split, config, progress)
    time_scale, layer = selection.chosen.time_scale, selection.chosen.layer
    table = tables[time_scale]
    windows, by_network = _unseen_by_network(table, recordings, split, config, layer, progress)
    by_linear = selection.validation.probabilities
    # Both are judged where both could predict.
    network = score_within_sites(windows, np.where(np.isnan(by_linear), np.nan, by_network))
    linear = score_within_sites(windows, np.where(np.isnan(by_network), np.nan, by_linear))
    if network.is_better_than(linear, min_delta=0.0):
        probe = fit_mlp_at(table, recordings, split, config, progress, time_scale=time_scale, layer=layer)
        probe = replace(probe, validation=WindowProbabilities(selection.validation.recording_ids, by_network))
    else:
        probe = fit_selected(tables, recordings, split.development, config, selection)
    progress.note(
        f"{split_name(split)}: the {probe.classifier.head.kind} head chosen, "
        f"validation AUROC linear {_shown(linear)}, mlp {_shown(network)}."
    )
    heads: list[JSON] = [
        {"head": head, "validation_auroc": score.auroc} for head, score in (("linear", linear), ("mlp", network))
    ]
    return replace(probe, chosen={**probe.chosen, "heads": heads})


def _unseen_by_network(
    table: FeatureTable, recordings: RecordingSet, split: Split, config: Config, layer: Layer, progress: Progress
) -> tuple[WindowRows, NDArray[np.float64]]:
    """Return the windows of all validation folds with the probabilities of networks that have not seen them."""
    windows, probabilities = [], []
    with progress.task(f"{split_name(split)}: judging the mlp head", len(split.validation_folds), "folds") as advance:
        for number, (training, validation) in enumerate(split.selection_pairs()):
            unseen = WindowRows.of(table, recordings, validation, config.labels)
            stopping = _patients_to_stop_on(recordings, training, config, split, number)
            learned = sorted(set(training) - set(stopping))
            windows.append(unseen)
            probabilities.append(_predict(table, recordings, learned, stopping, unseen, config, layer))
            advance(1)
    return WindowRows.joined(windows), np.concatenate(probabilities)


def _predict(
    table: FeatureTable,
    recordings: RecordingSet,
    learned: Sequence[str],
    stopping: Sequence[str],
    unseen: WindowRows,
    config: Config,
    layer: Layer,
) -> NDArray[np.float64]:
    """Train a network and return what it says of windows that it has not seen.

    It is NaN for a label of which the patients to learn from show one class only, and for all where
    there is nobody to stop on.
    """
    probabilities = np.full((len(unseen.rows), len(config.labels)), np.nan)
    can_be_learned = WindowRows.of(table, recordings, learned, config.labels).has_both_classes()
    if not stopping or not can_be_learned.any() or not len(unseen.rows):
        return probabilities
    network = train_network(table, recordings, learned, stopping, config, layer, name="", progress=SilentProgress())
    predicted = network.classifier.predict(table, recordings.patients, unseen.rows)
    probabilities[:, can_be_learned] = predicted[:, can_be_learned]
    return probabilities


def _patients_to_stop_on(
    recordings: RecordingSet, training: Sequence[str], config: Config, split: Split, number: int
) -> tuple[str, ...]:
    """Draw `training.validation_ratio` of the labelled training patients; nobody from fewer than two."""
    targets = recordings.targets(training, config.labels)
    known = [p for p, values in zip(training, targets, strict=True) if not np.isnan(values).all()]
    units = Units.of(recordings.of_patients(known), config)
    if len(units) < 2:
        return ()
    size = min(max(1, round(len(units) * config.training.validation_ratio)), len(units) - 1)
    rng = np.random.default_rng([config.training.random_seed, split.repeat, split.fold, number])
    return units.draw(size, rng)


def _shown(score: Score) -> str:
    return "undefined" if score.auroc is None else f"{score.auroc:.3f}"
