"""Choosing the time scale, the hidden state and the regularisation, without a look at the test patients.

Every validation fold of a split is predicted by heads that were fitted on the other development
patients. A candidate is a time scale, a layer and a C, the same for all labels; it is judged by all
validation patients together: the mean over the labels of their AUROC. (A fold alone has too few patients
of a rare label to rank candidates, and a choice per label would have five times the freedom to fit
noise.) Where they are of several sites, the AUROC is the mean of that within each site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from scipy.special import expit

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.features.table import FeatureTable
from heartprobe.models.window_classifier import Layer
from heartprobe.training.patient_score import Score, score_within_sites
from heartprobe.training.validation_folds import ValidationFolds

#: AUROCs that differ by less are the same number, computed in another order.
_SAME_AUROC = 1e-9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A time scale, a layer and an inverse regularisation strength, with the score of the validation patients."""

    time_scale: float
    layer: Layer
    strength: float
    score: Score


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, from what, and by what.

    Attributes:
        chosen: The candidate with the highest AUROC; of equal ones that with the lowest log-loss,
            then the smaller C, then the earlier layer, then the time scale that was named first.
        candidates: All, by time scale, layer and C.
        criterion: `"log-loss"` only where the validation patients show both classes of no label,
            so that no AUROC exists.
        validation: What heads that were fitted without them say of the validation patients, at what was chosen.
    """

    chosen: Candidate
    candidates: tuple[Candidate, ...]
    criterion: Literal["auroc", "log-loss"]
    validation: WindowProbabilities = field(compare=False)


def select(
    tables: Mapping[float, FeatureTable],
    recordings: RecordingSet,
    split: Split,
    config: Config,
    layers: Sequence[Layer],
) -> Selection:
    """Return the best time scale, layer and C for the `linear` head.

    Args:
        tables: Features of at least the development patients, by time scale.
        recordings: Their labels and demographics.
        split: Its validation folds are used, its test patients are not.
        config: For labels, demographics, class weights and `training.c_grid`.
        layers: Hidden states to choose from.
    """
    judged = dict(_judged(tables, recordings, split, config, layers))
    candidates = tuple(judged)
    chosen, criterion = _best(candidates)
    return Selection(chosen, candidates, criterion, judged[chosen])


def _judged(
    tables: Mapping[float, FeatureTable],
    recordings: RecordingSet,
    split: Split,
    config: Config,
    layers: Sequence[Layer],
) -> Iterator[tuple[Candidate, WindowProbabilities]]:
    """Yield every candidate with what it says of the validation patients."""
    strengths = sorted(set(config.training.c_grid))
    for time_scale, table in tables.items():
        folds = ValidationFolds.of(table, recordings, split, config)
        recording_ids = tuple(folds.windows.recording_ids.tolist())
        for layer, by_strength in folds.log_odds(layers, strengths):
            for strength, log_odds in zip(strengths, by_strength, strict=True):
                probabilities = expit(log_odds)
                score = score_within_sites(folds.windows, probabilities)
                yield Candidate(time_scale, layer, strength, score), WindowProbabilities(recording_ids, probabilities)


def _best(candidates: Sequence[Candidate]) -> tuple[Candidate, Literal["auroc", "log-loss"]]:
    # Sorting keeps the order of the time scales among equals.
    in_order = sorted(candidates, key=lambda c: (c.strength, float("inf") if c.layer == "all" else c.layer))
    aurocs = [candidate.score.auroc for candidate in in_order]
    if any(auroc is None for auroc in aurocs):
        return min(in_order, key=lambda c: c.score.loss), "log-loss"
    highest = max(auroc for auroc in aurocs if auroc is not None)
    equal = [c for c, auroc in zip(in_order, aurocs, strict=True) if (auroc or 0) >= highest - _SAME_AUROC]
    # Where patients are told apart without a mistake, the AUROC is the same for every C, but with the
    # smallest all probabilities lie around one half.
    return min(equal, key=lambda c: round(c.score.loss, 9)), "auroc"
