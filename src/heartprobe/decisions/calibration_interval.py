"""How well a calibration is known: a 95 % interval of every calibrated probability.

A calibration is a line through the log odds, fitted on the few dozen patients of validation; other
patients would have given another line. The interval at a patient's log odds v (delta method) is

    line(v) +- quantile * sqrt(v^2 var(slope) + 2 v cov(slope, intercept) + var(intercept))

with the line and the covariance of Firth's penalised likelihood (1993, Biometrika 80:27-38), which
is nearly unbiased and stays finite where patients are told apart without a mistake (Heinze and
Schemper 2002, Statistics in Medicine 21:2409-2419). Platt's line, which the probability itself
comes from, is pulled to the middle by its smoothed targets: an interval around that one misses the
truth too often where a model is good. The interval is widened to hold the probability, if it does not.

Recordings of one patient are no independent witnesses. Their covariance is that of a jackknife
which leaves out one patient at a time (one step from the estimate; Bell and McCaffrey 2002, Survey
Methodology 28:169-181), with Student's quantile for as many degrees of freedom as there are
patients in the smaller class. How often the intervals hold the truth is tested by simulation.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.special import ndtri, stdtrit

from heartprobe.decisions.log_odds import from_log_odds
from heartprobe.decisions.stored import Stored

#: The share of intervals that shall hold the truth.
COVERAGE: Final = 0.95

_MOST_STEPS: Final = 500
_LARGEST_STEP: Final = 1.0
_SMALLEST_STEP: Final = 1e-9
_ROUNDING: Final = 1e-6

#: Beyond, an interval could not be computed from the numbers.
_LARGEST: Final = 1e100

_Bounded = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)]


class CalibrationInterval(Stored):
    """A line through the log odds and how well it is known.

    Attributes:
        slope: Of the line.
        intercept: Of the line.
        slope_variance: How uncertain the slope is.
        intercept_variance: How uncertain the intercept is.
        covariance: How they go together.
        quantile: How many standard errors the interval reaches to each side.
    """

    slope: _Bounded
    intercept: _Bounded
    slope_variance: _Bounded = Field(ge=0)
    intercept_variance: _Bounded = Field(ge=0)
    covariance: _Bounded
    quantile: float = Field(gt=0, le=100)

    @model_validator(mode="after")
    def _is_a_covariance(self) -> Self:
        largest = math.sqrt(self.slope_variance) * math.sqrt(self.intercept_variance)
        if abs(self.covariance) > largest * (1 + _ROUNDING):
            raise ValueError("the covariance is larger than the variances allow")
        return self

    def of(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where the interval begins and ends, as probabilities of the finding.

        Args:
            values: Log odds before calibration, `(n,)`.
        """
        centre = self.slope * values + self.intercept
        variance = values**2 * self.slope_variance + 2 * values * self.covariance + self.intercept_variance
        # Rounding can leave less than nothing where the line is known best.
        reach = self.quantile * np.sqrt(np.maximum(variance, 0.0))
        return from_log_odds(centre - reach), from_log_odds(centre + reach)


def fit_interval(
    columns: NDArray[np.float64],
    truth: NDArray[np.float64],
    patients: NDArray[np.intp],
    to_line: NDArray[np.float64],
) -> CalibrationInterval | None:
    """Return how well a line is known from these cases, or `None` where that cannot be computed.

    Args:
        columns: What the logistic fit is on, `(n, c)`; well scaled.
        truth: 1 or 0, `(n,)`.
        patients: Whose each case is, `(n,)`.
        to_line: Turns the coefficients of the columns into slope and intercept, `(2, c)`.
    """
    try:
        coefficients = _firth(columns, truth)
        if coefficients is None:
            return None
        covariance, quantile = _covariance(columns, truth, patients, coefficients)
    except np.linalg.LinAlgError:
        return None
    slope, intercept = to_line @ coefficients
    spread = to_line @ covariance @ to_line.T
    if not (np.abs([slope, intercept, *spread.ravel()]) <= _LARGEST).all():
        return None
    return CalibrationInterval(
        slope=float(slope),
        intercept=float(intercept),
        slope_variance=float(spread[0, 0]),
        intercept_variance=float(spread[1, 1]),
        covariance=float(spread[0, 1]),
        quantile=quantile,
    )


def _firth(columns: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the coefficients of the penalised fit, `(c,)`, or `None` where the steps do not come to rest."""
    coefficients = np.zeros(columns.shape[1])
    for _ in range(_MOST_STEPS):
        fitted = from_log_odds(columns @ coefficients)
        weights = fitted * (1 - fitted)
        inverse = np.linalg.inv(_information(columns, weights))
        leverage = weights * np.einsum("ij,jk,ik->i", columns, inverse, columns)
        step = inverse @ (columns.T @ (truth - fitted + leverage * (0.5 - fitted)))
        length = float(np.abs(step).max())
        coefficients = coefficients + step * min(1.0, _LARGEST_STEP / max(length, _LARGEST_STEP))
        if length < _SMALLEST_STEP:
            return np.asarray(coefficients)
    return None


def _covariance(
    columns: NDArray[np.float64],
    truth: NDArray[np.float64],
    patients: NDArray[np.intp],
    coefficients: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float]:
    """Return the covariance of the coefficients, `(c, c)`, and the quantile that belongs to it."""
    fitted = from_log_odds(columns @ coefficients)
    weights = fitted * (1 - fitted)
    information = _information(columns, weights)
    _, first, owners = np.unique(patients, return_index=True, return_inverse=True)
    n_patients = len(first)
    upper = (1 + COVERAGE) / 2
    if n_patients == len(patients):
        return np.asarray(np.linalg.inv(information)), float(ndtri(upper))
    n_columns = columns.shape[1]
    scores = np.zeros((n_patients, n_columns))
    np.add.at(scores, owners, columns * (truth - fitted)[:, np.newaxis])
    shares = np.zeros((n_patients, n_columns, n_columns))
    np.add.at(shares, owners, weights[:, np.newaxis, np.newaxis] * columns[:, :, np.newaxis] * columns[:, np.newaxis])
    moves = np.linalg.solve(information - shares, scores[:, :, np.newaxis])[:, :, 0]
    n_with = int(truth[first].sum())
    degrees = max(1, min(n_with, n_patients - n_with))
    return np.asarray((n_patients - 1) / n_patients * moves.T @ moves), float(stdtrit(degrees, upper))


def _information(columns: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(columns.T @ (columns * weights[:, np.newaxis]))
