"""A fitted head with all it needs to tell the windows of an encoder's features apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from heartprobe.data.recordings import Demographics, Patient
from heartprobe.features.demographic_columns import demographic_rows
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.table import FeatureTable
from heartprobe.models.head import Head
from heartprobe.models.linear_head import LinearHead

#: A hidden state by its number from 0, or all of them side by side.
Layer: TypeAlias = int | Literal["all"]


@dataclass(frozen=True, slots=True, eq=False)
class WindowClassifier:
    """What a bundle keeps beside its encoder.

    Attributes:
        head: What turns features into probabilities; `linear` where it reads all hidden states.
        layer: What it reads.
        demographics: What encodes the patients' demographics, which stand behind the features; `None`
            where none are used.

    Raises:
        ValueError: Another head than a `linear` one is to read all hidden states.
    """

    head: Head
    layer: Layer
    demographics: DemographicsEncoder | None

    def __post_init__(self) -> None:
        if self.layer == "all" and not isinstance(self.head, LinearHead):
            raise ValueError(f"a head of the kind {self.head.kind!r} cannot read all hidden states")

    def predict(
        self, table: FeatureTable, patients: Mapping[str, Patient], rows: NDArray[np.intp] | None = None
    ) -> NDArray[np.float64]:
        """Return the probability of each label in the windows of a table, `(windows, labels)`.

        Args:
            table: Features of the encoder, and of the front end, that the head was fitted on.
            patients: By id; only asked for where demographics are used.
            rows: Which windows; all by default.
        """
        rows = np.arange(len(table.recording_ids)) if rows is None else rows
        return self._probabilities(self._blocks(table, patients, rows))

    def predict_layers(self, layers: NDArray[np.float32], demographics: Demographics) -> NDArray[np.float64]:
        """Return the probability of each label in windows of one patient, `(windows, labels)`.

        Args:
            layers: The features, `(layers, windows, width)`.
            demographics: The patient's.
        """
        blocks = list(layers if self.layer == "all" else layers[self.layer][np.newaxis])
        if self.demographics is not None:
            row = self.demographics.transform([Patient("patient", {}, demographics)])
            blocks.append(np.repeat(row, layers.shape[1], axis=0))
        return self._probabilities(blocks)

    def _blocks(
        self, table: FeatureTable, patients: Mapping[str, Patient], rows: NDArray[np.intp]
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the features in the order of the head's columns."""
        for index in range(table.n_layers) if self.layer == "all" else (self.layer,):
            yield table.layer(index)[rows]
        if self.demographics is not None:
            yield demographic_rows([table.patient_ids[row] for row in rows], patients, self.demographics)

    def _probabilities(self, blocks: Iterable[NDArray[np.float32]]) -> NDArray[np.float64]:
        if isinstance(self.head, LinearHead):
            return np.asarray(expit(self.head.log_odds(blocks)))
        return self.head.probabilities(np.concatenate(list(blocks), axis=1))
