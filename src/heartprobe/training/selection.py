"""Choosing the hidden state and the regularisation, without a look at the test patients.

Every validation fold of a split is predicted by heads that were fitted on the other development
patients. A candidate is a layer and a C, the same for all labels; it is judged by all validation
patients together: the mean over the labels of their AUROC. (A fold alone has too few patients of
a rare label to rank candidates, and a choice per label would have five times the freedom to fit
noise.) Where they are of several sites, the AUROC is the mean of that within each site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import Config
from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.data.split import Split
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.devices import usable_cores
from heartprobe.features.table import FeatureTable
from heartprobe.training.demographic_columns import fit_demographics, with_demographics
from heartprobe.training.linear import fit_linear_heads
from heartprobe.training.patient_score import Score, score_within_sites
from heartprobe.training.threads import one_thread_per_product
from heartprobe.training.window_rows import WindowRows

Probabilities = NDArray[np.float64]

#: AUROCs that differ by less are the same number, computed in another order.
_SAME_AUROC = 1e-9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A layer and an inverse regularisation strength, with the score of the validation patients."""

    layer: int
    strength: float
    score: Score


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, from what, and by what.

    Attributes:
        chosen: The candidate with the highest AUROC; of equal ones that with the lowest log-loss,
            then the smaller C, then the earlier layer.
        candidates: All, by layer and C.
        criterion: `"log-loss"` only where the validation patients show both classes of no label,
            so that no AUROC exists.
    """

    chosen: Candidate
    candidates: tuple[Candidate, ...]
    criterion: Literal["auroc", "log-loss"]


def select(
    table: FeatureTable, recordings: RecordingSet, split: Split, config: Config, layers: Sequence[int]
) -> Selection:
    """Return the best layer and C for the `linear` head.

    Args:
        table: Features of at least the development patients.
        recordings: Their labels and demographics.
        split: Its validation folds are used, its test patients are not.
        config: For labels, demographics, class weights and `training.c_grid`.
        layers: Hidden states to choose from.
    """
    folds = [
        _Fold.of(table, recordings, training, validation, config) for training, validation in split.selection_pairs()
    ]
    validation = WindowRows.joined([fold.validation for fold in folds])
    strengths = sorted(set(config.training.c_grid))
    candidates = [
        Candidate(layer, strength, score_within_sites(validation, probabilities))
        for layer, by_strength in _out_of_fold(table, recordings.patients, folds, config, layers, strengths)
        for strength, probabilities in zip(strengths, by_strength, strict=True)
    ]
    return _best(candidates)


def _best(candidates: Sequence[Candidate]) -> Selection:
    in_order = sorted(candidates, key=lambda candidate: (candidate.strength, candidate.layer))
    aurocs = [candidate.score.auroc for candidate in in_order]
    if any(auroc is None for auroc in aurocs):
        return Selection(min(in_order, key=lambda c: c.score.loss), tuple(candidates), "log-loss")
    highest = max(auroc for auroc in aurocs if auroc is not None)
    equal = [c for c, auroc in zip(in_order, aurocs, strict=True) if (auroc or 0) >= highest - _SAME_AUROC]
    # Where patients are told apart without a mistake, the AUROC is the same for every C, but with the
    # smallest all probabilities lie around one half.
    return Selection(min(equal, key=lambda c: round(c.score.loss, 9)), tuple(candidates), "auroc")


@dataclass(frozen=True, slots=True, eq=False)
class _Fold:
    """One validation fold, and the development patients around it."""

    training: WindowRows
    validation: WindowRows
    demographics: DemographicsEncoder | None

    @classmethod
    def of(
        cls,
        table: FeatureTable,
        recordings: RecordingSet,
        training: Sequence[str],
        validation: Sequence[str],
        config: Config,
    ) -> _Fold:
        rows = WindowRows.of(table, recordings, training, config.labels)
        return cls(
            training=rows,
            validation=WindowRows.of(table, recordings, validation, config.labels),
            demographics=fit_demographics(recordings.patients, rows.patient_ids, config),
        )

    def predict(
        self,
        features: NDArray[np.float32],
        patients: Mapping[str, Patient],
        config: Config,
        strengths: Sequence[float],
    ) -> Probabilities:
        """Return the validation windows' probabilities, `(strengths, n, labels)`.

        A label of which the training part shows one class only cannot be predicted here: NaN.
        """
        can_be_learned = self.training.has_both_classes()
        predicted = np.full((len(strengths), len(self.validation.rows), len(config.labels)), np.nan)
        if not can_be_learned.any() or not len(self.validation.rows):
            return predicted
        heads = fit_linear_heads(
            self._columns(features, self.training, patients),
            self.training.targets,
            self.training.recording_ids,
            config.labels,
            strengths,
            class_weights=config.training.class_weights,
            sites=self.training.sites if config.training.site_weights else None,
        )
        columns = self._columns(features, self.validation, patients)
        for probabilities, head in zip(predicted, heads, strict=True):
            probabilities[:, can_be_learned] = head.probabilities(columns)[:, can_be_learned]
        return predicted

    def _columns(
        self, features: NDArray[np.float32], windows: WindowRows, patients: Mapping[str, Patient]
    ) -> NDArray[np.float32]:
        return with_demographics(features[windows.rows], windows.patient_ids, patients, self.demographics)


def _out_of_fold(
    table: FeatureTable,
    patients: Mapping[str, Patient],
    folds: Sequence[_Fold],
    config: Config,
    layers: Sequence[int],
    strengths: Sequence[float],
) -> Iterator[tuple[int, Probabilities]]:
    """Yield for each layer the probabilities of the windows of all folds, `(strengths, n, labels)`.

    The fits run side by side, each on one thread: that is faster than several threads per fit,
    and the number of cores cannot change a sum.
    """
    waiting: list[tuple[int, list[Future[Probabilities]]]] = []

    def finished() -> tuple[int, Probabilities]:
        layer, futures = waiting.pop(0)
        return layer, np.concatenate([future.result() for future in futures], axis=1)

    # Counted first: within the context it would be one.
    n_threads = usable_cores()
    with one_thread_per_product(), ThreadPoolExecutor(n_threads) as threads:
        for layer in layers:
            # No more than two layers are in memory: one that is worked on, and the next.
            if len(waiting) == 2:
                yield finished()
            features = table.layer(layer)
            waiting.append(
                (layer, [threads.submit(fold.predict, features, patients, config, strengths) for fold in folds])
            )
        while waiting:
            yield finished()
