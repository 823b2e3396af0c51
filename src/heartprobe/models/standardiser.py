"""Zero mean and unit variance, learned from the rows a head is fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Standardiser:
    """Subtracts a mean and divides by a standard deviation, column by column.

    Attributes:
        mean: `(d,)`, float64.
        scale: `(d,)`, float64; 1 for a column that never changed, which thereby becomes 0.
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
        # Rounding leaves a constant column a tiny deviation, by which it must not be divided.
        is_constant = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
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
