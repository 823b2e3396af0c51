"""Intervals with 95 % confidence: exact for proportions, BCa bootstrap for the rest, percentiles for differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

CONFIDENCE: Final = 0.95

#: A bootstrap interval is given where at least this share of the draws defines the metric. A draw
#: misses a class of one patient in 37 % of the cases and a class of two in 14 %: with one, an
#: interval would only tell about the other patients.
MIN_DEFINED_SHARE: Final = 0.8

TOO_FEW: Final = "too few patients of a class: many draws of the bootstrap have none"

#: Draws cannot show errors that did not occur: an interval from 1 to 1 would claim certainty.
ALL_EQUAL: Final = "all draws of the bootstrap agree"

#: Draws that differ by less differ by rounding.
ALL_EQUAL_WITHIN: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Interval:
    """Two limits, or neither and the reason why."""

    low: float | None
    high: float | None
    reason: str | None = None


def clopper_pearson(successes: float, trials: float) -> Interval:
    """Return the exact binomial interval of a proportion (Clopper and Pearson, Biometrika 1934; 26:404).

    The limits are quantiles of Beta distributions, so means of counts over repeats are allowed.

    Args:
        successes: 0 to `trials`.
        trials: Above 0.
    """
    if not 0 <= successes <= trials or trials <= 0:
        raise ValueError(f"{successes} successes in {trials} trials")
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, trials - successes + 1, tail))
    high = 1.0 if successes == trials else float(betaincinv(successes + 1, trials - successes, 1 - tail))
    return Interval(low, high)


def bootstrap_interval(value: float, draws: NDArray[np.float64], without_one: NDArray[np.float64]) -> Interval:
    """Return the bias-corrected and accelerated interval, BCa (Efron, J Am Stat Assoc 1987; 82:171).

    Metrics are bounded and skewed near their bounds, where plain percentiles are far too narrow:
    for a true AUROC of 0.97 and 108 patients, 95 % percentile intervals hold it in 90 % of all
    samples and BCa intervals in 94 %.

    Args:
        value: The metric of the sample.
        draws: The metric in each draw, NaN where it is undefined, shape `(draws,)`.
        without_one: The metric without each patient in turn, shape `(patients,)`.
    """
    defined = draws[~np.isnan(draws)]
    if (reason := _why_withheld(draws, defined)) is not None:
        return Interval(None, None, reason)
    below = (np.mean(defined < value) + np.mean(defined <= value)) / 2
    bias = ndtri(np.clip(below, 0.5 / len(defined), 1 - 0.5 / len(defined)))
    tail = (1 - CONFIDENCE) / 2
    shifted = bias + ndtri([tail, 1 - tail])
    low, high = np.quantile(defined, ndtr(bias + shifted / (1 - _acceleration(without_one) * shifted)))
    return Interval(float(low), float(high))


def difference_interval(draws: NDArray[np.float64]) -> Interval:
    """Return the percentile interval of a paired difference.

    A difference has no bound nearby and is hardly skewed, so there is little to correct, and the
    corrections are themselves estimated: for two equal models with an AUROC of 0.97 and 108
    patients, percentile intervals hold the difference 0 in 93 % of all samples and BCa intervals
    in 86 %.

    Args:
        draws: The difference in each draw, NaN where it is undefined, shape `(draws,)`.
    """
    defined = draws[~np.isnan(draws)]
    if (reason := _why_withheld(draws, defined)) is not None:
        return Interval(None, None, reason)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(float(low), float(high))


def difference_p_value(draws: NDArray[np.float64]) -> float:
    """Return the two-sided p-value of no difference: twice the smaller share of draws on one side of 0.

    To within a draw, it is the level at which the percentile interval begins to leave 0 out. One draw more is
    counted on either side (Davison and Hinkley, Bootstrap Methods and their Application, 1997,
    section 4.2), so that no p-value is smaller than the draws can tell.

    Args:
        draws: The difference in each draw, NaN where it is undefined, shape `(draws,)`.
    """
    defined = draws[~np.isnan(draws)]
    on_a_side = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    return min(1.0, 2 * (1 + on_a_side) / (1 + len(defined)))


def _why_withheld(draws: NDArray[np.float64], defined: NDArray[np.float64]) -> str | None:
    if len(draws) == 0 or len(defined) < MIN_DEFINED_SHARE * len(draws):
        return TOO_FEW
    return ALL_EQUAL if np.ptp(defined) < ALL_EQUAL_WITHIN else None


def _acceleration(without_one: NDArray[np.float64]) -> float:
    """Return how fast the spread grows with the value, from the jackknife (Efron 1987, equation 7.3)."""
    defined = without_one[~np.isnan(without_one)]
    influence = defined.mean() - defined if len(defined) else np.zeros(1)
    spread = float((influence**2).sum())
    return float((influence**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
