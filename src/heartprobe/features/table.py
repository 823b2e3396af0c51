"""The features of many recordings as one matrix per layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.recordings import Finding
from heartprobe.errors import ConfigError

#: Matrices that a table keeps once they were read; whatever goes beyond is read anew each time.
KEPT_BYTES = 512 * 2**20


class RecordingFeatures(Protocol):
    """The features of one recording, in memory or on disk."""

    @property
    def n_layers(self) -> int:
        """Number of hidden states."""
        ...

    @property
    def starts_s(self) -> NDArray[np.float64]:
        """Where each window starts: `(windows,)`, seconds of recording."""
        ...

    def layer(self, index: int) -> NDArray[np.float32]:
        """Return one layer, `(windows, width)`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTable:
    """One row per window, one matrix per layer; the matrices are read when they are asked for.

    Attributes:
        recording_ids: `(n,)`, one per window, in the order of the recordings that were given.
        patient_ids: `(n,)`, one per window.
        starts_s: `(n,)`, where each window starts in its recording, in seconds.
        n_layers: Number of hidden states.
        width: Columns of a matrix.
        findings: Recordings that could not be used, which have no rows, and notes on others.
        sounds: SHA-256 of the sound of each recording that has rows.
    """

    recording_ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    starts_s: NDArray[np.float64]
    n_layers: int
    width: int
    findings: tuple[Finding, ...]
    sounds: Mapping[str, str]
    _features: Sequence[RecordingFeatures] = field(repr=False)
    _kept: dict[int, NDArray[np.float32]] = field(default_factory=dict, init=False, repr=False)

    def layer(self, index: int) -> NDArray[np.float32]:
        """Return the features of one layer, `(n, width)`; not to be written to.

        Args:
            index: From 0 (what enters the first transformer layer) to `n_layers - 1`.

        Raises:
            ConfigError: There is no such layer.
            StoreError: Stored features were damaged or removed since they were looked up.
        """
        if not 0 <= index < self.n_layers:
            raise ConfigError(
                f"There is no layer {index}: this encoder has hidden states 0 to {self.n_layers - 1}. "
                "Set features.layer to one of them, `last` or `select`."
            )
        if index in self._kept:
            return self._kept[index]
        matrix = np.empty((len(self.recording_ids), self.width), dtype=np.float32)
        row = 0
        for features in self._features:
            n_windows = len(features.starts_s)
            matrix[row : row + n_windows] = features.layer(index)
            row += n_windows
        matrix.flags.writeable = False
        if (len(self._kept) + 1) * matrix.nbytes <= KEPT_BYTES:
            self._kept[index] = matrix
        return matrix
