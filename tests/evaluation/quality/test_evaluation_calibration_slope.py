from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.intervals import bootstrap_interval
from heartprobe.evaluation.quality.calibration_slope import calibration_intercept, calibration_slope


def slope_and_intercept(truth, probability, weights=None):
    is_ill, probability = np.asarray(truth, bool), np.asarray(probability, float)
    counted = np.ones((len(is_ill), 1)) if weights is None else np.asarray(weights, float)
    return calibration_slope(is_ill, probability, counted), calibration_intercept(is_ill, probability, counted)


def test_by_hand():
    """Of four given 0.2 one is ill, of four given 0.8 three: log 3 for and against, where log 4 was said."""
    slope, intercept = slope_and_intercept([1, 0, 0, 0, 1, 1, 1, 0], [0.2] * 4 + [0.8] * 4)
    assert slope[0] == pytest.approx(np.log(3) / np.log(4), abs=1e-12)
    assert intercept[0] == pytest.approx(0, abs=1e-12)


def test_an_intercept_by_hand():
    """Everybody was given 0.5 and three of four are ill: the log odds are log 3 too low."""
    slope, intercept = slope_and_intercept([1, 1, 1, 0], [0.5] * 4)
    assert intercept[0] == pytest.approx(np.log(3), abs=1e-12)
    assert np.isnan(slope[0]), "equal probabilities tell no slope"


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_agrees_with_scikit_learn(rng, factor):
    """The slope is the coefficient of an unpenalised logistic regression on the log odds."""
    odds = rng.normal(0.5, 1.5, 300)
    truth = rng.random(300) < expit(factor * odds)
    slope, _ = slope_and_intercept(truth, expit(odds))
    expected = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(odds[:, np.newaxis], truth).coef_[0, 0]
    assert slope[0] == pytest.approx(expected, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(bool, 12),
    hnp.arrays(float, 12, elements=st.one_of(st.sampled_from([0.0, 0.3, 1.0]), st.floats(0, 1))),
    hnp.arrays(float, (12, 3), elements=st.integers(0, 3)),
)
def test_no_other_line_fits_better(truth, probability, weights):
    """At a maximum of the likelihood the residuals add up to 0, and so do their products with the log odds."""
    slopes, intercepts = slope_and_intercept(truth, probability, weights)
    odds = np.clip(logit(np.clip(probability, 1e-9, 1 - 1e-9)), -np.log(1e6), np.log(1e6))
    for slope, intercept, counts in zip(slopes, intercepts, weights.T, strict=True):
        has_both = 0 < counts @ truth < counts.sum()
        assert np.isnan(intercept) == (not has_both)
        if has_both:
            assert counts @ (truth - expit(odds + intercept)) == pytest.approx(0, abs=1e-6)
        if np.isfinite(slope):
            # With the slope given, its constant follows; then the second equation holds as well.
            (constant,) = calibration_intercept(truth, expit(slope * odds), counts[:, np.newaxis])
            assume(np.abs(slope * odds).max() < np.log(1e6))
            residuals = counts * (truth - expit(slope * odds + constant))
            assert residuals @ odds == pytest.approx(0, abs=1e-4)


def test_for_classes_that_lie_apart_no_slope_is_steep_enough():
    """One probability parts them: infinite; the wrong way round: minus infinite; a single pair out of order: finite."""
    probability = [0.1, 0.2, 0.6, 0.7]
    assert slope_and_intercept([0, 0, 1, 1], probability)[0][0] == np.inf
    assert slope_and_intercept([1, 1, 0, 0], probability)[0][0] == -np.inf
    assert np.isfinite(slope_and_intercept([0, 1, 0, 1], probability)[0][0])
    # A tie on the border does not hold a slope back.
    assert slope_and_intercept([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.7])[0][0] == np.inf


def test_a_missing_class_is_undefined():
    """A draw of ill patients alone has neither slope nor intercept, beside one that has both."""
    weights = np.array([[1, 1], [1, 1], [1, 0], [1, 0]])
    slope, intercept = slope_and_intercept([1, 1, 0, 0], [0.4, 0.8, 0.6, 0.1], weights)
    assert np.isfinite([slope[0], intercept[0]]).all()
    assert np.isnan([slope[1], intercept[1]]).all()


def test_a_weight_is_that_many_copies(rng):
    """Counting a patient w times is having w such patients, in many columns at once as in one."""
    truth, probability = rng.random(30) < 0.4, rng.random(30)
    weights = rng.integers(0, 4, (30, 5000)).astype(float)
    together = slope_and_intercept(truth, probability, weights)
    for column in (0, 1, 2183, 2184, 4999):
        which = np.repeat(np.arange(30), weights[:, column].astype(int))
        alone = slope_and_intercept(truth[which], probability[which])
        assert together[0][column] == pytest.approx(alone[0][0], abs=1e-9)
        assert together[1][column] == pytest.approx(alone[1][0], abs=1e-9)


def test_certainty_has_log_odds():
    """0 and 1 count as odds of one in a million: where nine of ten are right, they should have been 1 : 9."""
    slope, _ = slope_and_intercept([0] * 9 + [1] + [1] * 9 + [0], [0.0] * 10 + [1.0] * 10)
    assert slope[0] == pytest.approx(np.log(9) / np.log(1e6), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("mean", "spread", "slope"), [(0.0, 2.0, 1.0), (1.5, 2.0, 1.0), (0.0, 2.0, 0.5)])
def test_intervals_hold_the_slope_about_95_times_in_a_hundred(mean, spread, slope):
    """600 cohorts of 108 patients; 1.8 % are two standard errors, and steep slopes fall a little short."""
    rng = np.random.default_rng(5)
    of_slope, of_intercept = [], []
    for seed in range(600):
        odds = rng.normal(mean, spread, 108)
        truth = rng.random(108) < expit(slope * odds)
        resamples = Resamples.of(108, draws=800, seed=seed)
        slopes, intercepts = slope_and_intercept(truth, expit(odds), resamples.weights)
        interval = bootstrap_interval(*resamples.parts(slopes))
        of_slope.append(interval.low <= slope <= interval.high)
        interval = bootstrap_interval(*resamples.parts(intercepts))
        of_intercept.append(interval.low <= 0 <= interval.high)
    assert 0.91 <= np.mean(of_slope) <= 0.97
    if slope == 1:
        assert 0.93 <= np.mean(of_intercept) <= 0.97
