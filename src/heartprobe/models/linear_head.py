"""Logistic regression, one per label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

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
        return np.asarray(expit(self.log_odds([features])))

    def log_odds(self, blocks: Iterable[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Return the log odds of each label, `(n, labels)`.

        Args:
            blocks: The features as `(n, columns)`, in the order of the columns. One block is needed at a
                time, so that features that do not fit into memory can be handed in bit by bit.

        Raises:
            ValueError: The blocks have not as many columns together as the head reads.
        """
        total, read = self.intercepts, 0
        for block in blocks:
            columns = slice(read, read + block.shape[1])
            rows = (block - self.standardiser.mean[columns]) / self.standardiser.scale[columns]
            # One product per row: in a product of all rows, a row's rounding would depend on how many there are.
            total = total + (rows[:, np.newaxis] @ self.coefficients[:, columns].T)[:, 0]
            read = columns.stop
        if read != self.coefficients.shape[1]:
            raise ValueError(f"the features have {read} columns, but the head reads {self.coefficients.shape[1]}")
        return np.asarray(total, dtype=np.float64)

    @classmethod
    def averaging(cls, heads: Sequence[Self], *, n_shared: int) -> Self:
        """Return the head whose log odds are the mean of those of other heads, which read different features.

        It reads the columns of the first head, then those of the second, and so on.

        Args:
            heads: Of the same labels.
            n_shared: How many of the last columns are the same for all heads; they come once, at the end.
        """
        first, own = heads[0], slice(None, heads[0].coefficients.shape[1] - n_shared)
        shared = slice(own.stop, None)
        own_coefficients = [head.coefficients[:, own] for head in heads]
        shared_coefficients = np.sum([head.coefficients[:, shared] for head in heads], axis=0)
        standardisers = [head.standardiser for head in heads]
        return cls(
            labels=first.labels,
            standardiser=Standardiser(
                mean=np.concatenate([*(s.mean[own] for s in standardisers), first.standardiser.mean[shared]]),
                scale=np.concatenate([*(s.scale[own] for s in standardisers), first.standardiser.scale[shared]]),
            ),
            coefficients=np.concatenate([*own_coefficients, shared_coefficients], axis=1) / len(heads),
            intercepts=np.mean([head.intercepts for head in heads], axis=0),
        )

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
