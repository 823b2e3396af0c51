"""The solver of many logistic regressions, held against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from heartprobe.errors import TrainingError
from heartprobe.training.logistic import PrincipalAxes, fit_logistic

STRENGTHS = (0.003, 0.03, 0.3, 3.0)


def reference(x: np.ndarray, y: np.ndarray, weights: np.ndarray, strength: float) -> np.ndarray:
    """Return scikit-learn's probabilities of the rows it was fitted on, fitted as closely as it can."""
    model = LogisticRegression(C=strength, max_iter=10_000, tol=1e-10)
    return np.asarray(model.fit(x, y, sample_weight=weights).predict_proba(x)[:, 1])


@pytest.mark.parametrize(("n", "d"), [(60, 200), (200, 60), (80, 80)], ids=["wide", "tall", "square"])
def test_it_agrees_with_scikit_learn(n: int, d: int, rng: np.random.Generator) -> None:
    """All labels and strengths at once, weighted, with columns as unequal as those of an encoder."""
    x = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) * np.linspace(0.01, 0.3, d)
    x -= x.mean(axis=0)
    y = (x[:, :3] + rng.normal(size=(n, 3)) > 0).astype(float)
    weights = rng.uniform(0.2, 3.0, size=(n, 3))
    fit = fit_logistic(
        PrincipalAxes.of(x),
        np.tile(y, (1, len(STRENGTHS))),
        np.concatenate([strength * weights for strength in STRENGTHS], axis=1),
    )
    ours = expit(x @ fit.coefficients + fit.intercepts)
    for i, strength in enumerate(STRENGTHS):
        for label in range(3):
            theirs = reference(x, y[:, label], weights[:, label], strength)
            assert np.abs(ours[:, 3 * i + label] - theirs).max() < 1e-4


def test_a_row_without_weight_does_not_count(rng: np.random.Generator) -> None:
    """Whatever its target: an unknown one is NaN."""
    x = rng.normal(size=(40, 5))
    y = (x[:, :1] > 0).astype(float)
    y[30:] = np.nan
    weights = np.where(np.isnan(y), 0.0, 0.1)
    fit = fit_logistic(PrincipalAxes.of(x), y, weights)
    theirs = reference(x[:30], y[:30, 0], np.ones(30), 0.1)
    assert np.abs(expit(x[:30] @ fit.coefficients + fit.intercepts)[:, 0] - theirs).max() < 1e-4


def test_directions_without_variation_get_no_coefficient() -> None:
    """Where a column says nothing, the penalty keeps it at zero; two equal columns share."""
    column = np.array([-1.0, -0.5, 0.5, 1.0])
    x = np.stack([column, np.zeros(4), column], axis=1)
    fit = fit_logistic(PrincipalAxes.of(x), np.array([[0.0], [0.0], [1.0], [1.0]]), np.ones((4, 1)))
    assert fit.coefficients[1, 0] == 0.0
    assert fit.coefficients[0, 0] == pytest.approx(fit.coefficients[2, 0])
    assert fit.coefficients[0, 0] > 0.1


def test_features_that_are_all_alike_leave_the_intercept() -> None:
    """Three of four are positive: the log odds are log 3, whatever the penalty."""
    y = np.array([[1.0], [1.0], [1.0], [0.0]])
    fit = fit_logistic(PrincipalAxes.of(np.zeros((4, 2))), y, np.full((4, 1), 0.01))
    assert fit.coefficients.tolist() == [[0.0], [0.0]]
    assert fit.intercepts[0] == pytest.approx(np.log(3.0), abs=0.03)


def test_perfectly_separable_classes_still_have_a_solution() -> None:
    """The penalty bounds the coefficients even with a hundred times the usual C."""
    x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    y = np.array([[0.0], [0.0], [1.0], [1.0]])
    fit = fit_logistic(PrincipalAxes.of(x), y, np.full((4, 1), 100.0))
    assert (
        np.abs(expit(x @ fit.coefficients + fit.intercepts)[:, 0] - reference(x, y[:, 0], np.ones(4), 100.0)).max()
        < 1e-4
    )


def test_features_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(TrainingError, match="infinite or undefined"):
        fit_logistic(PrincipalAxes(np.array([[np.nan], [1.0]]), np.ones((1, 1))), np.eye(2)[:, :1], np.ones((2, 1)))


def test_a_hopeless_problem_says_what_to_do(rng: np.random.Generator) -> None:
    x = rng.normal(size=(50, 200))
    y = (rng.normal(size=(50, 1)) > 0).astype(float)
    with pytest.raises(TrainingError, match=r"did not converge.*training\.c_grid"):
        fit_logistic(PrincipalAxes.of(x), y, np.full((50, 1), 1e18))
