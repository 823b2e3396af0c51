"""Calibration: probabilities that mean what they say, by a line through the log odds.

`platt` fits slope and intercept, `temperature` the slope alone (its inverse is the temperature;
Guo et al. 2017, "On Calibration of Modern Neural Networks"). Both minimise the log-loss of the
validation patients against the smoothed targets of Platt (1999, "Probabilistic Outputs for Support
Vector Machines"): (n1 + 1) / (n1 + 2) for those with the finding, 1 / (n0 + 2) for the others. With
few patients, who may even be told apart without a mistake, the fit then stays finite.

How well the line is known stands in `decisions.calibration_interval`.
"""

from __future__ import annotations

from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from heartprobe.decisions.calibration_interval import CalibrationInterval, fit_interval
from heartprobe.decisions.log_odds import from_log_odds, log_odds
from heartprobe.decisions.stored import Reason, Stored

Method = Literal["none", "platt", "temperature"]

#: Calibration never turns the order of patients round: where validation would, all come close together.
SMALLEST_SLOPE: Final = 0.01

#: Why a probability has no interval.
NOT_KEPT: Final = "the model was saved by a heartprobe that did not keep how well its calibration is known"
NOT_CALIBRATED: Final = "the probabilities are not calibrated"
NOT_COMPUTED: Final = "how well the calibration is known cannot be computed from the validation cases"


class Calibration(Stored):
    """A line through the log odds.

    Attributes:
        slope: Above 0; less than 1 where the model was too sure.
        intercept: What is added to the log odds.
        reason: Why it was not fitted, or not fitted freely.
        interval: How well it is known.
        why_no_interval: Why that is not known, where `interval` is `None`.
        prevalence: Share of people with the finding where the probabilities hold: the intercept of `platt` makes their
            mean that of the validation cases. `None` where it is not known: without an intercept the mean stays where
            the model's class weights put it; and some models were saved by a heartprobe that did not keep it.
    """

    slope: float = Field(1.0, gt=0)
    intercept: float = 0.0
    reason: Reason = None
    interval: CalibrationInterval | None = None
    why_no_interval: Reason = None
    prevalence: float | None = Field(None, gt=0, lt=1)

    @model_validator(mode="before")
    @classmethod
    def _says_why_there_is_no_interval(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("interval") is None and values.get("why_no_interval") is None:
            return {**values, "why_no_interval": values.get("reason") or NOT_KEPT}
        return values

    @model_validator(mode="after")
    def _has_an_interval_or_says_why_not(self) -> Self:
        if self.interval is not None and self.why_no_interval is not None:
            raise ValueError("there is an interval, and a reason for having none")
        return self

    @property
    def is_fitted(self) -> bool:
        """Whether it changes anything."""
        return self.slope != 1.0 or self.intercept != 0.0

    def apply(self, findings: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return calibrated probabilities of the finding; NaN stays NaN."""
        if not self.is_fitted:
            return findings
        return from_log_odds(self.slope * log_odds(findings) + self.intercept)

    def interval_of(self, findings: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where the interval of each calibrated probability begins and ends; NaN without one.

        Args:
            findings: P(finding) before calibration, `(n,)`.
        """
        if self.interval is None:
            nothing = np.full(findings.shape, np.nan)
            return nothing, nothing
        calibrated = self.apply(findings)
        low, high = self.interval.of(log_odds(findings))
        return np.minimum(low, calibrated), np.maximum(high, calibrated)


def fit_calibration(
    method: Method,
    findings: NDArray[np.float64],
    truth: NDArray[np.float64],
    patients: NDArray[np.intp] | None = None,
) -> Calibration:
    """Fit a calibration on validation cases of both classes.

    Args:
        method: `none` leaves everything as it is.
        findings: P(finding), `(n,)`.
        truth: 1 or 0, `(n,)`.
        patients: Whose each case is, `(n,)`; by default every case is of another patient.
    """
    if method == "none":
        return Calibration(why_no_interval=NOT_CALIBRATED)
    values = log_odds(findings)
    # Centred and scaled, the problem is well conditioned whatever the model's probabilities look like.
    centre = float(values.mean()) if method == "platt" else 0.0
    scale = float(np.sqrt(np.mean((values - centre) ** 2)))
    if scale == 0.0:
        return Calibration(reason="all validation cases have the same probability")
    scaled = (values - centre) / scale
    columns = np.column_stack([scaled, np.full(len(values), float(method == "platt"))])
    least = SMALLEST_SLOPE * scale
    prevalence = float((truth == 1).mean()) if method == "platt" else None
    steepness, offset = _fit_logistic(columns, smoothed_targets(truth), least)
    slope = max(steepness / scale, SMALLEST_SLOPE)
    intercept = offset - slope * centre if method == "platt" else 0.0
    if steepness <= least:
        reason = "the validation cases with the finding have no higher probabilities than those without"
        return Calibration(slope=slope, intercept=intercept, reason=reason, prevalence=prevalence)
    owners = np.arange(len(values)) if patients is None else patients
    if method == "platt":
        interval = fit_interval(columns, truth, owners, np.array([[1 / scale, 0.0], [-centre / scale, 1.0]]))
    else:
        interval = fit_interval(columns[:, :1], truth, owners, np.array([[1 / scale], [0.0]]))
    return Calibration(
        slope=slope,
        intercept=intercept,
        interval=interval,
        why_no_interval=NOT_COMPUTED if interval is None else None,
        prevalence=prevalence,
    )


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

    # Importing it takes a third of a second, and only fitting needs it.
    from scipy.optimize import minimize

    found = minimize(
        loss,
        np.array([max(1.0, least_slope), 0.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(least_slope, None), (None, None)],
        options={"gtol": 1e-10, "ftol": 1e-15, "maxiter": 1000},
    )
    return float(found.x[0]), float(found.x[1])
