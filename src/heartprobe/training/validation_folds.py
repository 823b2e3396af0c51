"""Linear heads on the validation patients of a split, each patient by a head that was fitted without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import Config
from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.data.split import Split
from heartprobe.features.demographic_columns import fit_demographics, with_demographics
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.devices import usable_cores
from heartprobe.features.table import FeatureTable
from heartprobe.models.window_classifier import Layer
from heartprobe.training.linear import fit_linear_heads
from heartprobe.training.threads import one_thread_per_product
from heartprobe.training.window_rows import WindowRows

LogOdds = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ValidationFolds:
    """The validation folds of a split on one table of features.

    Attributes:
        windows: Those of all folds, one fold after the other, of patients with a known label.
    """

    windows: WindowRows
    _table: FeatureTable
    _patients: Mapping[str, Patient]
    _config: Config
    _folds: tuple[_Fold, ...]

    @classmethod
    def of(cls, table: FeatureTable, recordings: RecordingSet, split: Split, config: Config) -> ValidationFolds:
        """Return the folds; the test patients of the split are in none of them."""
        folds = tuple(_Fold.of(table, recordings, *pair, config) for pair in split.selection_pairs())
        windows = WindowRows.joined([fold.validation for fold in folds])
        return cls(windows, table, recordings.patients, config, folds)

    def log_odds(self, layers: Sequence[Layer], strengths: Sequence[float]) -> Iterator[tuple[Layer, LogOdds]]:
        """Yield for each layer the log odds of the windows, `(strengths, windows, labels)`.

        A fold whose training part shows one class only of a label has NaN for it. `"all"` is the mean
        of the log odds over all hidden states, and comes last.

        Args:
            layers: Hidden states.
            strengths: Inverse regularisation strengths C.
        """
        is_averaged = "all" in layers
        single = range(self._table.n_layers) if is_averaged else [layer for layer in layers if layer != "all"]
        total = np.zeros((len(strengths), len(self.windows.rows), len(self._config.labels)))
        for layer, log_odds in self._side_by_side(single, strengths):
            if layer in layers:
                yield layer, log_odds
            if is_averaged:
                total += log_odds
        if is_averaged:
            yield "all", total / self._table.n_layers

    def _side_by_side(self, layers: Sequence[int], strengths: Sequence[float]) -> Iterator[tuple[int, LogOdds]]:
        """Yield the layers in order.

        The fits run side by side, each on one thread: that is faster than several threads per fit,
        and the number of cores cannot change a sum.
        """
        waiting: list[tuple[int, list[Future[LogOdds]]]] = []

        def finished() -> tuple[int, LogOdds]:
            layer, futures = waiting.pop(0)
            return layer, np.concatenate([future.result() for future in futures], axis=1)

        # Counted first: within the context it would be one.
        n_threads = usable_cores()
        with one_thread_per_product(), ThreadPoolExecutor(n_threads) as threads:
            for layer in layers:
                # No more than two layers are in memory: one that is worked on, and the next.
                if len(waiting) == 2:
                    yield finished()
                features = self._table.layer(layer)
                waiting.append((layer, [threads.submit(self._predict, f, features, strengths) for f in self._folds]))
            while waiting:
                yield finished()

    def _predict(self, fold: _Fold, features: NDArray[np.float32], strengths: Sequence[float]) -> LogOdds:
        """Return the log odds of the validation windows of one fold, `(strengths, n, labels)`."""
        config, training = self._config, fold.training
        can_be_learned = training.has_both_classes()
        log_odds = np.full((len(strengths), len(fold.validation.rows), len(config.labels)), np.nan)
        if not can_be_learned.any() or not len(fold.validation.rows):
            return log_odds
        heads = fit_linear_heads(
            fold.columns(features, training, self._patients),
            training.targets,
            training.recording_ids,
            config.labels,
            strengths,
            class_weights=config.training.class_weights,
            sites=training.sites if config.training.site_weights else None,
        )
        columns = fold.columns(features, fold.validation, self._patients)
        for of_strength, head in zip(log_odds, heads, strict=True):
            of_strength[:, can_be_learned] = head.log_odds([columns])[:, can_be_learned]
        return log_odds


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

    def columns(
        self, features: NDArray[np.float32], windows: WindowRows, patients: Mapping[str, Patient]
    ) -> NDArray[np.float32]:
        return with_demographics(features[windows.rows], windows.patient_ids, patients, self.demographics)
