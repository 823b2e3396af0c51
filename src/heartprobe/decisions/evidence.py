"""Whether the validation patients can tell anything about a label."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: With fewer patients of a class, a single one moves sensitivity or specificity by more than 20 points.
FEWEST_OF_A_CLASS: Final = 5


def why_too_little(truth: NDArray[np.float64]) -> str | None:
    """Return why nothing can be chosen on these patients, or `None` if it can.

    Args:
        truth: 1 for the finding, 0 without it, NaN where it is unknown or could not be predicted.
    """
    n_with, n_without = int((truth == 1).sum()), int((truth == 0).sum())
    if min(n_with, n_without) >= FEWEST_OF_A_CLASS:
        return None
    return (
        f"of the validation patients {n_with} have the finding and {n_without} do not; "
        f"at least {FEWEST_OF_A_CLASS} of each are needed"
    )
