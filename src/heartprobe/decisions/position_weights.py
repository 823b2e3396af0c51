"""The `learned` fusion: how much the recording of each position counts.

The log odds of a patient are the weighted mean of the recordings' log odds,

    sum over recordings k of  w_k logit(p_k),      w = softmax of a[position of k]

over the recordings that are there: where a position is missing, the weights of the others grow in
proportion. A position that was not learned, or is unknown, has a = 0; with all a = 0 this is the
plain mean. The a of a label minimise the log-loss of the validation patients, together with a slope
and an intercept (which calibration then fits anew in the same way), plus `RIDGE / 2` times their
sum of squares: without evidence, all positions count the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from heartprobe.decisions.calibration import SMALLEST_SLOPE, log_loss, smoothed_targets
from heartprobe.decisions.log_odds import from_log_odds, log_odds
from heartprobe.decisions.recorded import Recorded

#: A normal prior of standard deviation 1 on each a: one position may count 2.7 times as much as another.
RIDGE: Final = 1.0


def fit_position_weights(
    findings: NDArray[np.float64], recorded: Recorded, truth: NDArray[np.float64]
) -> dict[str, float]:
    """Fit the a of every position on validation patients.

    Args:
        findings: P(finding) of the recordings, `(recordings,)`.
        recorded: Whose they are, and where they were made.
        truth: 1 or 0, `(patients,)`, with both values.

    Returns:
        a by position, in alphabetical order; empty where no position is known.
    """
    names = sorted({position for position in recorded.positions if position is not None})
    if not names:
        return {}
    # The a of unknown positions stands behind all others and stays 0.
    at = np.array([len(names) if position is None else names.index(position) for position in recorded.positions])
    fit = _Fit(log_odds(findings), recorded.owners, at, len(names), smoothed_targets(truth))
    # Importing it takes a third of a second, and only fitting needs it.
    from scipy.optimize import minimize

    found = minimize(
        fit.loss,
        np.concatenate([np.zeros(len(names)), [1.0, 0.0]]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None)] * len(names) + [(SMALLEST_SLOPE, None), (None, None)],
        options={"gtol": 1e-8, "ftol": 1e-14, "maxiter": 1000},
    )
    return dict(zip(names, (float(a) for a in found.x[:-2]), strict=True))


def weighted(findings: NDArray[np.float64], exponents: NDArray[np.float64]) -> float:
    """Return P(finding) of one patient.

    Args:
        findings: P(finding) of the recordings, `(recordings,)`.
        exponents: The a of their positions, `(recordings,)`.
    """
    return float(from_log_odds(softmax(exponents) @ log_odds(findings)))


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Return how much each position counts where all are there; the shares add up to 1."""
    return dict(zip(weights, softmax(list(weights.values())).tolist(), strict=True)) if weights else {}


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """What the a are fitted on: recordings `(r,)`, of patients `(p,)`.

    Attributes:
        values: Log odds of the recordings.
        owners: Which patient each is of.
        at: Which position each was made at; `n_positions` where it is unknown.
        n_positions: How many are known.
        targets: Smoothed, of the patients.
    """

    values: NDArray[np.float64]
    owners: NDArray[np.intp]
    at: NDArray[np.intp]
    n_positions: int
    targets: NDArray[np.float64]

    def loss(self, parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the penalised log-loss of all a, slope and intercept, and its gradient."""
        exponents, slope, intercept = parameters[:-2], parameters[-2], parameters[-1]
        odds = np.exp(np.append(exponents, 0.0))[self.at]
        weights = odds / np.bincount(self.owners, odds)[self.owners]
        means = np.bincount(self.owners, weights * self.values)
        of_patients = slope * means + intercept
        residuals = from_log_odds(of_patients) - self.targets
        pull = slope * residuals[self.owners] * weights * (self.values - means[self.owners])
        gradient = np.bincount(self.at, pull, minlength=self.n_positions + 1)[: self.n_positions] + RIDGE * exponents
        total = log_loss(of_patients, self.targets) + RIDGE / 2 * float(exponents @ exponents)
        return total, np.concatenate([gradient, [residuals @ means, residuals.sum()]])
