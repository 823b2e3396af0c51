"""Slope and intercept of calibration: whether log odds are too far apart, and whether they are too high.

Cox (Biometrika 1958; 45:562) regresses the truth on the log odds that a model gives:
logit P(ill) = a + b * logit(p). The *slope* b is 1 for probabilities that are as far apart as they should be,
below 1 for a model that is too sure. The *intercept* is a with b held at 1 (calibration in the large; Van Calster
and others, J Clin Epidemiol 2016; 74:167): above 0 where a finding is commoner than the probabilities say.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.ranking import Columns
from heartprobe.evaluation.predictions.log_odds import log_odds
from heartprobe.evaluation.quality.finding_answers import Flags

#: Log odds are cut off at one in a million, beyond which the residuals of a fit would drown in rounding.
_MOST_CERTAIN: Final = np.log(1e6)

#: Numbers that are worked on at once: half a megabyte, which stays in the processor's cache.
_BLOCK: Final = 2**16

#: A fit is done with a step that changes no log odds by more: what is left is of the order of its square.
_TOLERANCE: Final = 1e-6

#: Steps of a fit before it is given up as NaN. From the sample's fit, draws that can be fitted take 4 to 20.
_MAX_STEPS: Final = 200


def calibration_slope(is_ill: Flags, probability: NDArray[np.float64], weights: Columns) -> Columns:
    """Return the slope for every weighting.

    Args:
        is_ill: The truth, shape `(patients,)`.
        probability: P(finding), shape `(patients,)`.
        weights: How often each patient counts, shape `(patients, weightings)`.

    Returns:
        Shape `(weightings,)`. Where one probability parts the ill from the well, no slope is steep enough: it
        is infinite. It is NaN where a class is missing or all probabilities are equal.
    """
    odds = _bounded_log_odds(probability)
    slopes = _slopes_at_the_border(is_ill, odds, weights)
    can_be_fitted = np.isfinite(slopes)
    if can_be_fitted.any():
        spread = odds.std()
        design = np.stack([np.ones_like(odds), (odds - odds.mean()) / spread])
        slopes[can_be_fitted] = _fit(design, np.zeros_like(odds), is_ill, weights[:, can_be_fitted])[1] / spread
    return slopes


def calibration_intercept(is_ill: Flags, probability: NDArray[np.float64], weights: Columns) -> Columns:
    """Return the intercept for every weighting, shape `(weightings,)`; NaN where a class is missing."""
    intercepts = np.full(weights.shape[1], np.nan)
    has_both = (is_ill @ weights > 0) & (~is_ill @ weights > 0)
    if has_both.any():
        odds = _bounded_log_odds(probability)
        intercepts[has_both] = _fit(np.ones((1, len(odds))), odds, is_ill, weights[:, has_both])[0]
    return intercepts


def _bounded_log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(log_odds(probability), -_MOST_CERTAIN, _MOST_CERTAIN)


def _slopes_at_the_border(is_ill: Flags, odds: NDArray[np.float64], weights: Columns) -> Columns:
    """Return infinite slopes where the classes lie apart, NaN where no slope can be told, and 0 elsewhere."""
    lowest_ill, highest_ill = _range(odds[is_ill], weights[is_ill])
    lowest_well, highest_well = _range(odds[~is_ill], weights[~is_ill])
    slopes = np.zeros(weights.shape[1])
    slopes[lowest_ill >= highest_well] = np.inf
    slopes[highest_ill <= lowest_well] = -np.inf
    lacks_class = np.isinf(lowest_ill) | np.isinf(lowest_well)
    all_equal = np.maximum(highest_ill, highest_well) == np.minimum(lowest_ill, lowest_well)
    slopes[lacks_class | all_equal] = np.nan
    return slopes


def _range(odds: NDArray[np.float64], weights: Columns) -> tuple[Columns, Columns]:
    """Return the lowest and the highest log odds that count, infinite where none does."""
    counts = weights > 0
    lowest = np.where(counts, odds[:, np.newaxis], np.inf).min(axis=0, initial=np.inf)
    highest = np.where(counts, odds[:, np.newaxis], -np.inf).max(axis=0, initial=-np.inf)
    return lowest, highest


def _fit(design: NDArray[np.float64], offset: NDArray[np.float64], is_ill: Flags, weights: Columns) -> Columns:
    """Return the logistic regression of the truth for every weighting, shape `(terms, weightings)`.

    Args:
        design: Shape `(terms, patients)`.
        offset: Log odds that are given, shape `(patients,)`.
        is_ill: The truth, shape `(patients,)`.
        weights: Shape `(patients, weightings)`, each with a maximum of the likelihood.
    """
    first = _newton(design, offset, is_ill, weights[:, :1], np.zeros((len(design), 1)))
    width = max(1, _BLOCK // len(offset))
    blocks = [weights[:, start : start + width] for start in range(0, weights.shape[1], width)]
    return np.concatenate([_newton(design, offset, is_ill, block, first) for block in blocks], axis=1)


def _newton(
    design: NDArray[np.float64], offset: NDArray[np.float64], is_ill: Flags, weights: Columns, start: Columns
) -> Columns:
    """Return the fit from a start `(terms, 1)`, by Newton's method with steps of log(1 + d) / d.

    d is the largest change of any log odds that the whole step would make. With such steps the method converges
    from anywhere, as logistic loss is generalised self-concordant (Sun and Tran-Dinh, Math Program 2019; 178:145),
    and near the maximum, where d vanishes, as fast as ever.
    """
    n_terms = len(design)
    # A change of log odds is linear in the last term, hence largest for the lowest or the highest.
    ends = design[:, [design[-1].argmin(), design[-1].argmax()]]
    squares = (design[:, np.newaxis] * design[np.newaxis]).reshape(n_terms**2, -1)
    fitted = np.full((n_terms, weights.shape[1]), np.nan)
    unfinished = np.arange(weights.shape[1])
    terms = np.repeat(start, weights.shape[1], axis=1)
    truth = is_ill[:, np.newaxis].astype(np.float64)
    for _ in range(_MAX_STEPS):
        # The logistic function, five times as fast as `scipy.special.expit`.
        chance = 0.5 + 0.5 * np.tanh((design.T @ terms + offset[:, np.newaxis]) / 2)
        gradient = design @ (weights * (truth - chance))
        hessian = (squares @ (weights * chance * (1 - chance))).T.reshape(-1, n_terms, n_terms)
        step = np.linalg.solve(hessian, gradient.T[..., np.newaxis])[..., 0].T
        largest = np.abs(ends.T @ step).max(axis=0)
        is_done = largest < _TOLERANCE
        fitted[:, unfinished[is_done]] = terms[:, is_done] + step[:, is_done]
        if is_done.all():
            break
        going = ~is_done
        damping = np.log1p(largest[going]) / largest[going]
        terms = terms[:, going] + step[:, going] * damping
        weights, unfinished = weights[:, going], unfinished[going]
    return fitted
