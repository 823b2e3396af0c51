"""Curves with a band: at every point of a grid the value and the interval that holds it with 95 % confidence.

A band is pointwise: it says of each point where the curve of other patients would pass, not that a whole curve would
stay inside.
"""

from __future__ import annotations

import numpy as np

from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.entries import JSONObject, rounded
from heartprobe.evaluation.metrics.intervals import ALL_EQUAL_WITHIN, CONFIDENCE, MIN_DEFINED_SHARE
from heartprobe.evaluation.metrics.ranking import Columns


def with_band(name: str, points: Columns, resamples: Resamples) -> JSONObject:
    """Return a curve and its band, from percentiles of the draws.

    Args:
        name: What the curve is called.
        points: Of every column of the resamples, shape `(points, columns)`; NaN throughout a column in which the
            curve is undefined.
        resamples: What it was computed from.

    Returns:
        `name`, `low` and `high`, with one number per point. The limits are `None` where all draws agree, as they
        cannot show what did not occur, and everywhere where too many draws leave the curve undefined.
    """
    value, draws = points[:, 0], points[:, 1 : 1 + resamples.draws]
    low, high = _limits(draws)
    return {name: rounded(value), "low": rounded(low), "high": rounded(high)}


def _limits(draws: Columns) -> Columns:
    """Return the lower and the upper limit of every point, shape `(2, points)`."""
    defined = draws[:, ~np.isnan(draws).any(axis=0)]
    if defined.shape[1] < max(1, MIN_DEFINED_SHARE * draws.shape[1]):
        return np.full((2, len(draws)), np.nan)
    tail = (1 - CONFIDENCE) / 2
    limits = np.quantile(defined, [tail, 1 - tail], axis=1)
    limits[:, np.ptp(defined, axis=1) < ALL_EQUAL_WITHIN] = np.nan
    return limits
