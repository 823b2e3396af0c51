from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import expit, logit

from heartprobe.decisions.calibration import fit_calibration, smoothed_targets
from heartprobe.decisions.position_weights import _Fit, fit_position_weights, shares, weighted
from heartprobe.decisions.recorded import Recorded

FOUR = ("sup_Mit", "sup_Aor", "sit_Mit", "sit_Aor")


def recorded_at(n_patients: int, positions: tuple[str | None, ...] = FOUR) -> Recorded:
    """Return patients with a recording at each position."""
    return Recorded(tuple(f"p{i}" for i in range(n_patients) for _ in positions), positions * n_patients)


def test_with_equal_weights_it_is_the_mean_of_log_odds():
    """Log odds of -1, 0 and 4 have the mean 1."""
    assert weighted(expit(np.array([-1.0, 0.0, 4.0])), np.zeros(3)) == pytest.approx(expit(1.0))


def test_weights_by_hand():
    """A of log 3 and 0: three quarters of 2 and one quarter of -2 are 1."""
    assert weighted(expit(np.array([2.0, -2.0])), np.array([np.log(3), 0.0])) == pytest.approx(expit(1.0))


def test_a_missing_position_leaves_the_others_in_proportion():
    """Of weights 3 : 2 : 1, the last two alone count 2/3 and 1/3."""
    exponents = np.log([3.0, 2.0, 1.0])
    assert weighted(expit(np.array([3.0, -3.0])), exponents[1:]) == pytest.approx(expit(3 * 2 / 3 - 3 / 3))


def test_shares_add_up_to_one():
    assert shares({"Aor": float(np.log(3)), "Mit": 0.0}) == pytest.approx({"Aor": 0.75, "Mit": 0.25})
    assert shares({}) == {}


def test_the_gradient_is_that_of_the_loss(rng):
    """Also with positions that are missing or unknown."""
    at = rng.integers(0, 4, 30)
    owners = np.repeat(np.arange(10), 3)
    fit = _Fit(rng.normal(0, 2, 30), owners, at, 3, rng.uniform(0.1, 0.9, 10))
    parameters = rng.normal(0, 0.7, 5)
    error = check_grad(lambda p: fit.loss(p)[0], lambda p: fit.loss(p)[1], parameters)
    assert error < 1e-5


def test_the_position_that_tells_counts_most(rng):
    """Only one of four positions knows the truth."""
    recorded, truth = recorded_at(80), np.arange(80) % 2.0
    log_odds = rng.normal(0, 1, (80, 4))
    log_odds[:, 1] += 3 * (truth - 0.5)
    weights = fit_position_weights(expit(log_odds.ravel()), recorded, truth)
    assert list(weights) == sorted(FOUR)
    assert max(weights, key=lambda position: weights[position]) == "sup_Aor"
    assert shares(weights)["sup_Aor"] > 0.45


def test_without_evidence_all_count_the_same(rng):
    """Positions that say the same of every patient cannot be told apart: the penalty keeps all at 0."""
    recorded, truth = recorded_at(30), np.arange(30) % 2.0
    same = np.repeat(expit(truth + rng.normal(0, 1, 30)), 4)
    assert fit_position_weights(same, recorded, truth) == pytest.approx(dict.fromkeys(FOUR, 0.0), abs=1e-6)


def test_slope_and_intercept_are_those_that_calibration_finds_anew(rng):
    """The weights are fitted beside a slope and an intercept; refitting these on the fused patients changes nothing."""
    recorded, truth = recorded_at(60), np.arange(60) % 2.0
    findings = expit(rng.normal(0.5, 1, 240) + np.repeat(truth, 4))
    weights = fit_position_weights(findings, recorded, truth)
    fused = np.array([weighted(findings[4 * i : 4 * i + 4], np.array([weights[p] for p in FOUR])) for i in range(60)])
    fit = _Fit(logit(findings), recorded.owners, np.tile([3, 2, 1, 0], 60), 4, smoothed_targets(truth))
    platt = fit_calibration("platt", fused, truth)
    exponents = [weights[name] for name in sorted(FOUR)]
    _, gradient = fit.loss(np.array([*exponents, platt.slope, platt.intercept]))
    np.testing.assert_allclose(gradient, 0, atol=1e-4)


def test_unknown_positions_are_not_learned(rng):
    recorded = recorded_at(20, (None, None))
    assert fit_position_weights(rng.random(40), recorded, np.arange(20) % 2.0) == {}
