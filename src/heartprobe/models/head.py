"""What every classifier head keeps: features in, one probability per label out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

#: What fits into a JSON file.
JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"


class Head(Protocol):
    """A fitted classifier of feature rows.

    A head stands for itself: it brings the standardisation of its features along, and
    `load_head(head.settings(), head.tensors())` gives the same probabilities to the last bit.
    """

    @property
    def kind(self) -> str:
        """The name by which it is configured and loaded, such as `"linear"`."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of its probabilities are about."""
        ...

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability that each label is 1.

        Args:
            features: `(n, d)`, not standardised.

        Returns:
            `(n, labels)`, each in [0, 1]. For the label `N` it is the probability of a normal heart.
        """
        ...

    def settings(self) -> dict[str, JSON]:
        """Return what rebuilds the head beside its tensors."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """Return its numbers by name."""
        ...
