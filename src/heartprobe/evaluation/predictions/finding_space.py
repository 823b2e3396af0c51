"""Between the probability of a label being 1 and the probability of its finding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heartprobe.labels import finding_value


def flip_normal(probabilities: NDArray[np.float64], labels: Sequence[str]) -> NDArray[np.float64]:
    """Turn P(label = 1) into P(finding), or back: the complement of `N`, every other label as it is.

    Args:
        probabilities: `(n, labels)`; NaN stays NaN.
        labels: The labels of the columns.
    """
    is_flipped = np.array([finding_value(label) == 0 for label in labels], dtype=bool)
    return np.where(is_flipped, 1.0 - probabilities, probabilities)
