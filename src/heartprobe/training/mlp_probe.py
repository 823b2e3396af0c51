"""The `mlp` head on a frozen encoder, stopped early on validation patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import TrainingError
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.features.demographic_columns import fit_demographics, with_demographics
from heartprobe.features.table import FeatureTable
from heartprobe.models.head import JSON
from heartprobe.models.window_classifier import Layer, WindowClassifier
from heartprobe.progress import Progress
from heartprobe.training.choices import candidate_layers
from heartprobe.training.fitted_probe import Probe, split_name
from heartprobe.training.linear_probe import describe_choice, require_both_classes, select_and_tell
from heartprobe.training.mlp import MlpFit, Part, fit_mlp
from heartprobe.training.window_rows import WindowRows


def fit_mlp_probe(
    tables: Mapping[float, FeatureTable], recordings: RecordingSet, split: Split, config: Config, progress: Progress
) -> Probe:
    """Choose time scale and layer as the linear head would, then stop early on the first validation fold.

    Training a network for each would cost an hour for a choice that the linear head makes in a second.

    Raises:
        TrainingError: If a label shows one class only, no validation patient has a known label, or the
            training does not end well.
        ConfigError: If `features.layer` is not a hidden state of the encoder.
    """
    require_both_classes(tables, recordings, split.train, config)
    time_scale, table = next(iter(tables.items()))
    layer, *others = candidate_layers(config, table.n_layers)
    if len(tables) == 1 and not others:
        return fit_mlp_at(table, recordings, split, config, progress, time_scale=time_scale, layer=layer)
    selection = select_and_tell(tables, recordings, split, config, progress)
    time_scale, layer = selection.chosen.time_scale, selection.chosen.layer
    probe = fit_mlp_at(tables[time_scale], recordings, split, config, progress, time_scale=time_scale, layer=layer)
    return replace(probe, chosen={**probe.chosen, "chosen_with": {"head": "linear", **describe_choice(selection)}})


def fit_mlp_at(
    table: FeatureTable,
    recordings: RecordingSet,
    split: Split,
    config: Config,
    progress: Progress,
    *,
    time_scale: float,
    layer: Layer,
) -> Probe:
    """Train on the training part of a split, and stop early on its first validation fold."""
    network = train_network(
        table, recordings, split.train, split.validation, config, layer, name=split_name(split), progress=progress
    )
    best = network.fit.best
    chosen: dict[str, JSON] = {"head": "mlp", "time_scale": time_scale, "layer": layer}
    chosen |= {"epoch": best.epoch, "epochs": best.last}
    if best.score is not None:
        chosen |= {"validation_auroc": best.score.auroc, "validation_loss": best.score.loss}
    windows = WindowRows.of(table, recordings, split.validation, config.labels)
    validation = WindowProbabilities(
        tuple(windows.recording_ids.tolist()),
        network.classifier.predict(table, recordings.patients, windows.rows),
    )
    return Probe(network.classifier, time_scale, validation, chosen, history=network.fit.history)


@dataclass(frozen=True, slots=True, eq=False)
class TrainedNetwork:
    """A network that can be asked, and how it was trained."""

    classifier: WindowClassifier
    fit: MlpFit


def train_network(
    table: FeatureTable,
    recordings: RecordingSet,
    training: Sequence[str],
    stopping: Sequence[str],
    config: Config,
    layer: Layer,
    *,
    name: str,
    progress: Progress,
) -> TrainedNetwork:
    """Train on some patients and stop early on others.

    Raises:
        TrainingError: If the training does not end well, or no label of the others is known.
    """
    learned = WindowRows.of(table, recordings, training, config.labels)
    watched = WindowRows.of(table, recordings, stopping, config.labels)
    if not len(watched.rows):
        raise TrainingError(
            f"None of the {len(stopping)} validation patients has a known label, so no epoch can be "
            "chosen. Add labelled patients, or set another training.random_seed."
        )
    demographics = fit_demographics(recordings.patients, learned.patient_ids, config)
    # Such a head cannot be set to read all hidden states.
    features = table.layer(cast(int, layer))

    def part(windows: WindowRows) -> Part:
        columns = with_demographics(features[windows.rows], windows.patient_ids, recordings.patients, demographics)
        return Part(windows, columns)

    fit = fit_mlp(part(learned), part(watched), config, name=name, progress=progress)
    return TrainedNetwork(WindowClassifier(fit.head, layer, demographics), fit)
