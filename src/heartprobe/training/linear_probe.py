"""The `linear` head on a frozen encoder: chosen on validation patients, fitted on all development patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.features.demographic_columns import fit_demographics, with_demographics
from heartprobe.features.table import FeatureTable
from heartprobe.models.head import JSON
from heartprobe.models.linear_head import LinearHead
from heartprobe.models.window_classifier import Layer, WindowClassifier
from heartprobe.progress import Progress
from heartprobe.training.choices import candidate_layers
from heartprobe.training.fitted_probe import Probe, split_name
from heartprobe.training.linear import fit_linear_heads
from heartprobe.training.selection import Candidate, Selection, select
from heartprobe.training.threads import one_thread_per_product
from heartprobe.training.window_rows import WindowRows


def fit_linear_probe(
    tables: Mapping[float, FeatureTable],
    recordings: RecordingSet,
    split: Split,
    config: Config,
    progress: Progress,
    *,
    patients: Sequence[str] | None = None,
) -> Probe:
    """Choose time scale, layer and C on the validation folds, then fit on all development patients.

    Args:
        tables: Features of the recordings, by time scale.
        recordings: Labels and demographics of the patients.
        split: Its validation folds are chosen on.
        config: All settings.
        progress: Told of what was chosen.
        patients: To fit on, if not on all development patients.

    Raises:
        TrainingError: If a label shows one class only.
        ConfigError: If `features.layer` is not a hidden state of the encoder.
    """
    patients = patients or split.development
    require_both_classes(tables, recordings, patients, config)
    selection = select_and_tell(tables, recordings, split, config, progress)
    return fit_selected(tables, recordings, patients, config, selection)


def fit_selected(
    tables: Mapping[float, FeatureTable],
    recordings: RecordingSet,
    patients: Sequence[str],
    config: Config,
    selection: Selection,
) -> Probe:
    """Fit what was chosen on these patients."""
    best = selection.chosen
    classifier = fit_linear(tables[best.time_scale], recordings, patients, config, best.layer, best.strength)
    chosen: dict[str, JSON] = {"head": "linear", **describe_choice(selection)}
    return Probe(classifier, best.time_scale, selection.validation, chosen, best.strength)


def fit_linear(
    table: FeatureTable,
    recordings: RecordingSet,
    patients: Sequence[str],
    config: Config,
    layer: Layer,
    strength: float,
) -> WindowClassifier:
    """Return the `linear` head that was fitted on these patients.

    For `"all"`, one head is fitted on each hidden state, and the mean of their log odds is what
    one head on all of them side by side says.
    """
    windows = WindowRows.of(table, recordings, patients, config.labels)
    demographics = fit_demographics(recordings.patients, windows.patient_ids, config)

    def fit(index: int) -> LinearHead:
        features = table.layer(index)[windows.rows]
        (head,) = fit_linear_heads(
            with_demographics(features, windows.patient_ids, recordings.patients, demographics),
            windows.targets,
            windows.recording_ids,
            config.labels,
            [strength],
            class_weights=config.training.class_weights,
            sites=windows.sites if config.training.site_weights else None,
        )
        return head

    with one_thread_per_product():
        if layer != "all":
            return WindowClassifier(fit(layer), layer, demographics)
        heads = [fit(index) for index in range(table.n_layers)]
    n_shared = len(demographics.fields) if demographics else 0
    return WindowClassifier(LinearHead.averaging(heads, n_shared=n_shared), layer, demographics)


def require_both_classes(
    tables: Mapping[float, FeatureTable], recordings: RecordingSet, patients: Sequence[str], config: Config
) -> None:
    """Refuse patients of whom a label cannot be learned; raises `TrainingError`."""
    # The same patients have windows in every table.
    table = next(iter(tables.values()))
    WindowRows.of(table, recordings, patients, config.labels).require_both_classes(config.labels)


def select_and_tell(
    tables: Mapping[float, FeatureTable], recordings: RecordingSet, split: Split, config: Config, progress: Progress
) -> Selection:
    """Choose among all that the settings leave open, and tell progress, unless there was nothing to choose."""
    n_layers = next(iter(tables.values())).n_layers
    selection = select(tables, recordings, split, config, candidate_layers(config, n_layers))
    if len(selection.candidates) > 1:
        progress.note(f"{split_name(split)}: {_in_words(selection, tells_time_scale=len(tables) > 1)}")
    return selection


def describe_choice(selection: Selection) -> dict[str, JSON]:
    """Return a selection for a report: what was chosen, by what, and from which candidates."""
    chosen = selection.chosen
    return {
        "time_scale": chosen.time_scale,
        "layer": chosen.layer,
        "C": chosen.strength,
        "criterion": selection.criterion,
        "validation_auroc": chosen.score.auroc,
        "candidates": [_described(candidate) for candidate in selection.candidates],
    }


def _described(candidate: Candidate) -> dict[str, JSON]:
    return {
        "time_scale": candidate.time_scale,
        "layer": candidate.layer,
        "C": candidate.strength,
        "validation_auroc": candidate.score.auroc,
    }


def _in_words(selection: Selection, *, tells_time_scale: bool) -> str:
    chosen = selection.chosen
    time_scale = f"time scale {chosen.time_scale:g}, " if tells_time_scale else ""
    layer = "all layers" if chosen.layer == "all" else f"layer {chosen.layer}"
    what = f"{time_scale}{layer} and C = {chosen.strength:g} chosen"
    if selection.criterion == "auroc":
        return f"{what}, validation AUROC {chosen.score.auroc:.3f}."
    return f"{what} by their log-loss: the validation patients show both classes of no label, so there is no AUROC."
