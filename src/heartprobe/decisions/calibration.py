"""Calibration: probabilities that mean what they say, by a line through the log odds.

`platt` fits slope and intercept, `temperature` the slope alone (its inverse is the temperature;
Guo et al. 2017, "On Calibration of Modern Neural Networks"). Both minimise the log-loss of the
validation patients against the smoothed targets of Platt (1999, "Probabilistic Outputs for Support
Vector Machines"): (n1 + 1) / (n1 + 2) for those with the finding, 1 / (n0 + 2) for the others. With
few patients, who may even be told apart without a mistake, the fit then stays finite.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.optimize import minimize

from heartprobe.decisions.log_odds import from_log_odds, log_odds
from heartprobe.decisions.stored import Reason, Stored

Method = Literal["none", "platt", "temperature"]

#: Calibration never turns the order of patients round: where validation would, all come close together.
SMALLEST_SLOPE: Final = 0.01


class Calibration(Stored):
    """A line through the log odds.

    Attributes:
        slope: Above 0; less than 1 where the model was too sure.
        intercept: What is added to the log odds.
        reason: Why it was not fitted, or not fitted freely.
    """

    slope: float = Field(1.0, gt=0)
    intercept: float = 0.0
    reason: Reason = None

    def apply(self, findings: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return calibrated probabilities of the finding; NaN stays NaN."""
        if self.slope == 1.0 and self.intercept == 0.0:
            return findings
        return from_log_odds(self.slope * log_odds(findings) + self.intercept)


def fit_calibration(method: Method, findings: NDArray[np.float64], truth: NDArray[np.float64]) -> Calibration:
    """Fit a calibration on validation cases of both classes.

    Args:
        method: `none` leaves everything as it is.
        findings: P(finding), `(n,)`.
        truth: 1 or 0, `(n,)`.
    """
    if method == "none":
        return Calibration()
    values, targets = log_odds(findings), smoothed_targets(truth)
    # Centred and scaled, the problem is well conditioned whatever the model's probabilities look like.
    centre = float(values.mean()) if method == "platt" else 0.0
    scale = float(np.sqrt(np.mean((values - centre) ** 2)))
    if scale == 0.0:
        return Calibration(reason="all validation cases have the same probability")
    columns = np.column_stack([(values - centre) / scale, np.full(len(values), float(method == "platt"))])
    least = SMALLEST_SLOPE * scale
    steepness, offset = _fit_logistic(columns, targets, least)
    if steepness <= least:
        reason = "the validation cases with the finding have no higher probabilities than those without"
    else:
        reason = None
    slope = max(steepness / scale, SMALLEST_SLOPE)
    return Calibration(slope=slope, intercept=offset - slope * centre if method == "platt" else 0.0, reason=reason)


def smoothed_targets(truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Platt's targets for cases with the finding (1) and without (0)."""
    n_with, n_without = float((truth == 1).sum()), float((truth == 0).sum())
    return np.where(truth == 1, (n_with + 1) / (n_with + 2), 1 / (n_without + 2))


def log_loss(
    values: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64] | float = 1.0
) -> float:
    """Return the summed log-loss of log odds against targets between 0 and 1, each weighted."""
    return float(np.sum(weights * (np.logaddexp(0.0, values) - targets * values)))


def _fit_logistic(
    columns: NDArray[np.float64], targets: NDArray[np.float64], least_slope: float
) -> tuple[float, float]:
    """Return the coefficients of two columns, the first bounded from below; the problem is convex."""

    def loss(coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = columns @ coefficients
        return log_loss(values, targets), columns.T @ (from_log_odds(values) - targets)

    found = minimize(
        loss,
        np.array([max(1.0, least_slope), 0.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(least_slope, None), (None, None)],
        options={"gtol": 1e-10, "ftol": 1e-15, "maxiter": 1000},
    )
    return float(found.x[0]), float(found.x[1])
