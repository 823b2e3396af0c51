"""Probabilities as log odds, the scale on which calibration and fusion are linear."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

#: A network in single precision may say exactly 0 or 1; its log odds become -27.6 or 27.6.
_CLOSEST: Final = 1e-12


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log odds of probabilities, finite also at 0 and 1; NaN stays NaN."""
    return np.asarray(logit(np.clip(probabilities, _CLOSEST, 1.0 - _CLOSEST)), dtype=np.float64)


def from_log_odds(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of log odds."""
    return np.asarray(expit(values), dtype=np.float64)
