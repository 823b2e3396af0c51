"""Make recordings of different loudness alike."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Normalisation = Literal["standard", "peak", "none"]


def remove_offset(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `(n,)` samples less their mean."""
    centred: NDArray[np.float64] = samples - samples.mean()
    return centred


def normalise(samples: NDArray[np.float64], how: Normalisation) -> NDArray[np.float64]:
    """Scale a recording as a whole, so that its windows keep their loudness among each other.

    Args:
        samples: `(n,)`, not all equal.
        how: `"standard"`: zero mean, unit variance (of the population); `"peak"`: zero mean, then
            the largest magnitude is 1; `"none"`: zero mean only.

    Returns:
        `(n,)`.
    """
    centred = remove_offset(samples)
    if how == "standard":
        centred /= centred.std()
    elif how == "peak":
        centred /= np.abs(centred).max()
    return centred
