"""Zero mean and unit variance, learned from the rows a head is fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

#: Below this share of what is usual among the columns, a deviation counts as none. Features are float32, and are the
#: same on every processor and runtime to about 1e-7 of that size: a column that varies by less than 1e-4 of it would
#: be raised to unit variance with more than a thousandth of rounding. The first hidden state of Whisper has such
#: columns: they hold its positions, which are the same in every window.
SMALLEST_DEVIATION = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Standardiser:
    """Subtracts a mean and divides by a standard deviation, column by column.

    Attributes:
        mean: `(d,)`, float64.
        scale: `(d,)`, float64; 1 for a column that hardly changed, which thereby becomes (nearly) 0.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, features: NDArray[np.floating], weights: NDArray[np.float64]) -> Standardiser:
        """Learn from rows that count differently.

        Args:
            features: `(n, d)`.
            weights: `(n,)`, how much each row counts; none negative, not all 0.
        """
        rows = np.asarray(features, dtype=np.float64)
        share = weights / weights.sum()
        mean = share @ rows
        deviation = np.sqrt(share @ np.square(rows - mean))
        usual = float(np.median(np.hypot(mean, deviation)))
        is_constant = deviation <= SMALLEST_DEVIATION * usual
        return cls(mean, np.where(is_constant, 1.0, deviation))

    def __call__(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return standardised rows, `(n, d)`."""
        return (np.asarray(features, dtype=np.float64) - self.mean) / self.scale

    def tensors(self) -> dict[str, Tensor]:
        """Return mean and scale under the names that `from_tensors` expects."""
        return {
            "standardise.mean": torch.from_numpy(self.mean.copy()),
            "standardise.scale": torch.from_numpy(self.scale.copy()),
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Standardiser:
        """Return the standardiser that `tensors` were taken from."""
        return cls(tensors["standardise.mean"].numpy(), tensors["standardise.scale"].numpy())
