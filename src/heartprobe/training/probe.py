"""A head on a frozen encoder: the three ways of `models.head` to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.features.table import FeatureTable
from heartprobe.progress import Progress
from heartprobe.training.choices import refuse_contradictions
from heartprobe.training.fitted_probe import Probe
from heartprobe.training.head_choice import fit_better_probe
from heartprobe.training.linear_probe import fit_linear_probe
from heartprobe.training.mlp_probe import fit_mlp_probe

_Fit = Callable[[Mapping[float, FeatureTable], RecordingSet, Split, Config, Progress], Probe]

#: What `models.head` may be.
HEADS: Final[Mapping[str, _Fit]] = {
    "linear": fit_linear_probe,
    "mlp": fit_mlp_probe,
    "select": fit_better_probe,
}


def fit_probe(
    tables: Mapping[float, FeatureTable],
    recordings: RecordingSet,
    split: Split,
    config: Config,
    *,
    progress: Progress,
) -> Probe:
    """Fit the head of `models.head` on the development patients of a split.

    Test patients may be in the tables; nothing is learned from them. Unknown labels do not count.

    Args:
        tables: Features of the same recordings by time scale, of which one is chosen.
        recordings: Labels and demographics of the patients.
        split: Who is trained and validated on.
        config: All settings of the experiment.
        progress: Told of what was chosen and of the epochs of a network.

    Raises:
        TrainingError: If a label shows one class only, or the training does not end well.
        ConfigError: If `features.layer` is not a hidden state of the encoder, or does not go with the head.
    """
    refuse_contradictions(config)
    return HEADS[config.models.head](tables, recordings, split, config, progress)


def fit_start(
    table: FeatureTable,
    recordings: RecordingSet,
    split: Split,
    config: Config,
    *,
    time_scale: float,
    progress: Progress,
) -> Probe:
    """Fit the head that a fine-tuning starts from: on the last layer, without a look at validation.

    Other than `fit_probe`, the validation patients of the split choose C (or the epoch), but are
    not fitted on: they still have to choose the best epoch of the fine-tuning.
    """
    once = Split(split.repeat, split.fold, split.train, (split.validation,), ())
    last = config.model_copy(update={"features": config.features.model_copy(update={"layer": "last"})})
    tables = {time_scale: table}
    if config.models.head == "linear":
        return fit_linear_probe(tables, recordings, once, last, progress, patients=once.train)
    return fit_mlp_probe(tables, recordings, once, last, progress)
