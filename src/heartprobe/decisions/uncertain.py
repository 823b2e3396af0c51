"""When an answer is withheld: too near to the threshold, or not borne out by the recordings."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from heartprobe.decisions.log_odds import from_log_odds, log_odds
from heartprobe.decisions.stored import Probability, Reason, Stored
from heartprobe.decisions.thresholds import Threshold

#: Log odds that differ by less are the same number, computed in another way.
_SAME_DISTANCE: Final = 1e-9


class Band(Stored):
    """Probabilities of the finding that are too near to the threshold for an answer.

    Attributes:
        low: Where the band begins; the threshold itself where there is no band.
        high: Where it ends.
        reason: Why it could not be chosen on validation as it was meant.
    """

    low: Probability
    high: Probability
    reason: Reason = None

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) lies above high ({self.high})")
        return self

    def withholds(self, findings: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which probabilities lie in the band."""
        return np.asarray((self.low < self.high) & (findings >= self.low) & (findings <= self.high))


def choose_band(
    findings: NDArray[np.float64],
    truth: NDArray[np.float64],
    threshold: Threshold,
    largest_error: float,
    is_withheld: NDArray[np.bool_],
    weights: NDArray[np.float64] | None = None,
) -> Band:
    """Return the narrowest band outside which no more than so many validation decisions are wrong.

    It reaches equally far to both sides of the threshold in log odds, so that a single number is
    chosen: with a few dozen patients, two would fit their noise.

    Args:
        findings: P(finding), `(n,)`.
        truth: 1 or 0, `(n,)`.
        threshold: From which the finding is declared.
        largest_error: Share of wrong decisions among those that are made.
        is_withheld: Whose answer is withheld for another reason; they do not count, `(n,)`.
        weights: How much each counts, `(n,)`; by default all the same.
    """
    counted = np.ones(len(findings)) if weights is None else weights
    findings, truth, counted = findings[~is_withheld], truth[~is_withheld], counted[~is_withheld]
    centre = float(log_odds(np.array([threshold.value]))[0])
    distances = np.abs(log_odds(findings) - centre)
    is_wrong = threshold.declares(findings) != (truth == 1)
    order = np.argsort(distances, kind="stable")
    distances, is_wrong, counted = distances[order], is_wrong[order], counted[order]
    # When the nearest k are withheld, so many are decided, and so many of them wrongly.
    n_decided = counted[::-1].cumsum()[::-1]
    n_wrong = (counted * is_wrong)[::-1].cumsum()[::-1]
    # Those at the same distance are withheld together.
    is_possible = (n_wrong <= largest_error * n_decided) & (np.diff(distances, prepend=-np.inf) > _SAME_DISTANCE)
    if not is_possible.any():
        share = f"{100 * largest_error:g} %"
        reason = f"among the validation cases farthest from the threshold, too, more than {share} were wrong"
        return Band(low=0.0, high=1.0, reason=reason)
    n_nearest = int(np.argmax(is_possible))
    if n_nearest == 0:
        return Band(low=threshold.value, high=threshold.value)
    reach = (distances[n_nearest - 1] + distances[n_nearest]) / 2
    low, high = from_log_odds(np.array([centre - reach, centre + reach]))
    # Log odds end at 27.6, and a threshold may lie beyond; rounding alone can also shift an end past it.
    return Band(low=min(float(low), threshold.value), high=max(float(high), threshold.value))


def contradicted(is_declared: NDArray[np.bool_], votes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which decisions fewer than half of the patient's recordings share.

    Args:
        is_declared: Whether the finding is declared, `(patients,)`.
        votes: Share of the patient's recordings that declare it by their own threshold; NaN where
            they have no vote, `(patients,)`.
    """
    return np.asarray(np.where(is_declared, votes, 1.0 - votes) < 0.5)
