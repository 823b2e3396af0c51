"""A head on a frozen encoder: which hidden state it reads, how it is fitted, what it predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import Config
from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import ConfigError, TrainingError
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.table import FeatureTable
from heartprobe.models.head import JSON, Head
from heartprobe.progress import Progress
from heartprobe.training.demographic_columns import fit_demographics, with_demographics
from heartprobe.training.linear import fit_linear_heads
from heartprobe.training.mlp import Part, fit_mlp
from heartprobe.training.selection import Candidate, Selection, select
from heartprobe.training.threads import one_thread_per_product
from heartprobe.training.window_rows import WindowRows


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A fitted head with everything it needs beside the features.

    Attributes:
        head: What turns features into probabilities.
        layer: The hidden state that it reads.
        demographics: What encodes the patients' demographics; `None` where none are used.
        chosen: What was chosen on validation patients and from which candidates, for a report.
        history: One entry per epoch; empty for a head that is fitted in one go.
    """

    head: Head
    layer: int
    demographics: DemographicsEncoder | None
    chosen: Mapping[str, JSON]
    history: Sequence[Mapping[str, JSON]]

    def predict(self, table: FeatureTable, patients: Mapping[str, Patient]) -> NDArray[np.float64]:
        """Return the probability of each label in every window of a table, `(windows, labels)`.

        Args:
            table: Features of the encoder that the probe was fitted on.
            patients: By id; only asked for where demographics are used.
        """
        features = with_demographics(table.layer(self.layer), table.patient_ids, patients, self.demographics)
        return self.head.probabilities(features)


def fit_probe(
    table: FeatureTable, recordings: RecordingSet, split: Split, config: Config, *, progress: Progress
) -> Probe:
    """Fit the head of `models.head` on the development patients of a split.

    Test patients may be in the table; nothing is learned from them. Unknown labels do not count.

    Args:
        table: Features of the recordings.
        recordings: Labels and demographics of the patients.
        split: Who is trained and validated on.
        config: All settings of the experiment.
        progress: Told of what was chosen and of the epochs of a network.

    Raises:
        TrainingError: If a label shows one class only, or the training does not end well.
        ConfigError: If `features.layer` is not a hidden state of the encoder.
    """
    return HEADS[config.models.head](table, recordings, split, config, progress)


def fit_start(
    table: FeatureTable, recordings: RecordingSet, split: Split, config: Config, *, progress: Progress
) -> Probe:
    """Fit the head that a fine-tuning starts from: on the last layer, without a look at validation.

    Other than `fit_probe`, the validation patients of the split choose C (or the epoch), but are
    not fitted on: they still have to choose the best epoch of the fine-tuning.
    """
    once = Split(split.repeat, split.fold, split.train, (split.validation,), ())
    last = config.model_copy(update={"features": config.features.model_copy(update={"layer": "last"})})
    if config.models.head == "linear":
        return _fit_linear(table, recordings, once, last, progress, patients=once.train)
    return HEADS[config.models.head](table, recordings, once, last, progress)


def candidate_layers(config: Config, n_layers: int) -> list[int]:
    """Return the hidden states that `features.layer` leaves to choose from.

    Raises:
        ConfigError: If it names one that the encoder does not have.
    """
    wanted = config.features.layer
    if wanted == "select":
        return list(range(n_layers))
    if wanted == "last":
        return [n_layers - 1]
    if wanted >= n_layers:
        raise ConfigError(
            f"features.layer is {wanted}, but this encoder has the hidden states 0 to {n_layers - 1}. "
            'Name one of them, or set "last" or "select".'
        )
    return [wanted]


def _fit_linear(
    table: FeatureTable,
    recordings: RecordingSet,
    split: Split,
    config: Config,
    progress: Progress,
    *,
    patients: Sequence[str] | None = None,
) -> Probe:
    """Choose layer and C on the validation folds, then fit on all development patients, or on those given."""
    windows = WindowRows.of(table, recordings, patients or split.development, config.labels)
    windows.require_both_classes(config.labels)
    selection = _select(table, recordings, split, config, progress)
    layer, strength = selection.chosen.layer, selection.chosen.strength
    demographics = fit_demographics(recordings.patients, windows.patient_ids, config)
    columns = with_demographics(
        table.layer(layer)[windows.rows], windows.patient_ids, recordings.patients, demographics
    )
    with one_thread_per_product():
        (head,) = fit_linear_heads(
            columns,
            windows.targets,
            windows.recording_ids,
            config.labels,
            [strength],
            class_weights=config.training.class_weights,
            sites=windows.sites if config.training.site_weights else None,
        )
    chosen = {"head": "linear", "layer": layer, "C": strength, **_described(selection)}
    return Probe(head, layer, demographics, chosen, [])


def _fit_mlp(table: FeatureTable, recordings: RecordingSet, split: Split, config: Config, progress: Progress) -> Probe:
    """Choose the layer as the linear head would, then train with early stopping on the first validation fold.

    Training a network per layer would cost an hour for a choice that the linear head makes in a second.
    """
    training = WindowRows.of(table, recordings, split.train, config.labels)
    training.require_both_classes(config.labels)
    layers = candidate_layers(config, table.n_layers)
    selection = _select(table, recordings, split, config, progress) if len(layers) > 1 else None
    layer = selection.chosen.layer if selection else layers[0]
    demographics = fit_demographics(recordings.patients, training.patient_ids, config)

    def part(windows: WindowRows) -> Part:
        features = table.layer(layer)[windows.rows]
        return Part(windows, with_demographics(features, windows.patient_ids, recordings.patients, demographics))

    validation = WindowRows.of(table, recordings, split.validation, config.labels)
    if np.isnan(validation.targets).all():
        raise TrainingError(
            f"None of the {len(split.validation)} validation patients has a known label, so no epoch can be "
            "chosen. Add labelled patients, or set another training.random_seed."
        )
    fit = fit_mlp(part(training), part(validation), config, name=split_name(split), progress=progress)
    chosen: dict[str, JSON] = {"head": "mlp", "layer": layer, "epoch": fit.best.epoch, "epochs": fit.best.last}
    if fit.best.score is not None:
        chosen |= {"validation_auroc": fit.best.score.auroc, "validation_loss": fit.best.score.loss}
    if selection:
        chosen["layer_chosen_with"] = {"head": "linear", "C": selection.chosen.strength, **_described(selection)}
    return Probe(fit.head, layer, demographics, chosen, fit.history)


#: The heads of `models.head`.
HEADS: Final[Mapping[str, Callable[[FeatureTable, RecordingSet, Split, Config, Progress], Probe]]] = {
    "linear": _fit_linear,
    "mlp": _fit_mlp,
}


def split_name(split: Split) -> str:
    """Return how progress calls a split."""
    return f"Repeat {split.repeat}, fold {split.fold}"


def _select(
    table: FeatureTable, recordings: RecordingSet, split: Split, config: Config, progress: Progress
) -> Selection:
    selection = select(table, recordings, split, config, candidate_layers(config, table.n_layers))
    chosen = selection.chosen
    what = f"{split_name(split)}: layer {chosen.layer} and C = {chosen.strength:g} chosen"
    if selection.criterion == "auroc":
        progress.note(f"{what}, validation AUROC {chosen.score.auroc:.3f}.")
    else:
        progress.note(
            f"{what} by their log-loss: the validation patients show both classes of no label, so there is no AUROC."
        )
    return selection


def _described(selection: Selection) -> dict[str, JSON]:
    return {
        "criterion": selection.criterion,
        "validation_auroc": selection.chosen.score.auroc,
        "candidates": [_candidate(candidate) for candidate in selection.candidates],
    }


def _candidate(candidate: Candidate) -> dict[str, JSON]:
    return {"layer": candidate.layer, "C": candidate.strength, "validation_auroc": candidate.score.auroc}
