"""How well probabilities order the units: AUROC and average precision, for many weightings at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[np.float64]

#: Numbers that are worked on at once: half a megabyte, which stays in the processor's cache.
_BLOCK: Final = 2**16


def auroc_and_average_precision(
    truth: NDArray[np.int8], probability: NDArray[np.float64], weights: Columns, owner: NDArray[np.intp]
) -> tuple[Columns, Columns]:
    """Return both for every weighting; NaN where a class that one needs has no weight.

    AUROC is the probability that a positive stands above a negative, ties counting half (Hanley
    and McNeil, Radiology 1982; 143:29). Average precision is the sum over thresholds of the gain
    in recall times the precision there, without interpolation. Equal probabilities are one
    threshold. Both are as scikit-learn defines them.

    Args:
        truth: 1 or 0, shape `(units,)`.
        probability: What ranks the units, shape `(units,)`.
        weights: How often each patient counts, shape `(patients, weightings)`.
        owner: The patient of each unit, shape `(units,)`.

    Returns:
        Two arrays of shape `(weightings,)`.
    """
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    last_of_tie = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(order) else order
    is_positive = truth[order].astype(np.float64)[:, np.newaxis]
    width = max(1, _BLOCK // max(1, len(order)))
    blocks = [
        _both(is_positive, weights[owner[order], start : start + width], last_of_tie)
        for start in range(0, weights.shape[1], width)
    ]
    aurocs, precisions = zip(*blocks, strict=True)
    return np.concatenate(aurocs), np.concatenate(precisions)


def _both(is_positive: Columns, weights: Columns, last_of_tie: NDArray[np.intp]) -> tuple[Columns, Columns]:
    """Return both metrics of units that are ranked from the most to the least probable.

    The counts of positives and of all units above a threshold are whole numbers, hence exact.
    """
    positives = np.cumsum(weights * is_positive, axis=0)[last_of_tie]
    everyone = np.cumsum(weights, axis=0)[last_of_tie]
    gained = np.diff(positives, axis=0, prepend=0)
    negatives = everyone - positives
    n_positive, n_negative = last(positives), last(negatives)
    # A negative at a threshold is beaten by all positives above it and ties with those beside it.
    beaten = np.diff(negatives, axis=0, prepend=0) * (positives - gained / 2)
    auroc = ratio(beaten.sum(axis=0), n_positive * n_negative)
    precision = np.divide(positives, everyone, out=np.zeros_like(positives), where=everyone > 0)
    return auroc, ratio((gained * precision).sum(axis=0), n_positive)


def last(cumulative: Columns) -> Columns:
    """Return the last row of a cumulative sum, 0 where there is none."""
    return np.asarray(cumulative[-1]) if len(cumulative) else np.zeros(cumulative.shape[1])


def ratio(numerator: Columns, denominator: Columns) -> Columns:
    """Divide, giving NaN where the denominator is 0."""
    return np.divide(
        numerator, denominator, out=np.full_like(numerator, np.nan, dtype=np.float64), where=denominator > 0
    )
