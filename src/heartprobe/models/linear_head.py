"""Logistic regression, one per label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from heartprobe.models.head import JSON
from heartprobe.models.standardiser import Standardiser


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """One logistic regression per label on standardised features.

    Attributes:
        labels: What the rows of `coefficients` are about.
        standardiser: Brings features to zero mean and unit variance.
        coefficients: `(labels, d)`, float64.
        intercepts: `(labels,)`, float64.
    """

    kind: ClassVar[str] = "linear"

    labels: tuple[str, ...]
    standardiser: Standardiser
    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability that each label is 1, `(n, labels)`."""
        rows = self.standardiser(features)
        # One product per row: in a product of all rows, a row's rounding would depend on how many there are.
        logits = (rows[:, np.newaxis] @ self.coefficients.T)[:, 0] + self.intercepts
        return np.asarray(expit(logits), dtype=np.float64)

    def settings(self) -> dict[str, JSON]:
        """Return what rebuilds the head beside its tensors."""
        return {"kind": self.kind, "labels": list(self.labels)}

    def tensors(self) -> dict[str, Tensor]:
        """Return coefficients, intercepts and standardisation."""
        return {
            "coefficients": torch.from_numpy(self.coefficients.copy()),
            "intercepts": torch.from_numpy(self.intercepts.copy()),
            **self.standardiser.tensors(),
        }

    @classmethod
    def rebuilt(cls, labels: tuple[str, ...], tensors: Mapping[str, Tensor]) -> LinearHead:
        """Return the head that `settings` and `tensors` were taken from."""
        return cls(
            labels=labels,
            standardiser=Standardiser.from_tensors(tensors),
            coefficients=tensors["coefficients"].numpy(),
            intercepts=tensors["intercepts"].numpy(),
        )
