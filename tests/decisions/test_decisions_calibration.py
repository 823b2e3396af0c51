from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from heartprobe.decisions.calibration import SMALLEST_SLOPE, Calibration, fit_calibration, smoothed_targets


def test_targets_of_platt_by_hand():
    """Three with the finding and one without: (3 + 1) / (3 + 2) and 1 / (1 + 2)."""
    np.testing.assert_allclose(smoothed_targets(np.array([1.0, 0.0, 1.0, 1.0])), [0.8, 1 / 3, 0.8, 0.8], rtol=1e-15)


def test_platt_is_the_logistic_regression_of_the_smoothed_targets(rng):
    """scikit-learn's, in which every patient counts with each class by as much as the target says."""
    truth = (rng.random(60) < 0.4).astype(float)
    findings = expit(2.5 * truth + rng.normal(-2, 1.5, 60))
    targets = smoothed_targets(truth)
    twice = np.tile(logit(findings), 2)[:, np.newaxis]
    reference = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10000).fit(
        twice, np.repeat([1, 0], 60), sample_weight=np.concatenate([targets, 1 - targets])
    )
    found = fit_calibration("platt", findings, truth)
    assert found.slope == pytest.approx(reference.coef_[0, 0], rel=1e-5)
    assert found.intercept == pytest.approx(reference.intercept_[0], rel=1e-5)
    assert found.reason is None


def test_platt_of_two_values_by_hand():
    """With two distinct probabilities, each group is calibrated to the mean of its targets.

    Of six patients at 0.2 one has the finding, of four at 0.9 three have it. Targets are 5/6 and 1/8;
    the groups' means are (5/6 + 5/8) / 6 = 35/144 and (15/6 + 1/8) / 4 = 21/32.
    """
    findings = np.array([0.2] * 6 + [0.9] * 4)
    truth = np.array([1.0, 0, 0, 0, 0, 0, 1, 1, 1, 0])
    calibrated = fit_calibration("platt", findings, truth).apply(np.array([0.2, 0.9]))
    np.testing.assert_allclose(calibrated, [35 / 144, 21 / 32], rtol=1e-6)


def test_temperature_of_calibrated_probabilities_is_one():
    """A thousand patients at each of four probabilities, of whom just that share has the finding."""
    shares = np.array([0.1, 0.3, 0.6, 0.8])
    findings = np.repeat(shares, 1000)
    truth = np.concatenate([np.arange(1000) < 1000 * share for share in shares]).astype(float)
    found = fit_calibration("temperature", findings, truth)
    assert found.slope == pytest.approx(1, abs=0.01)
    assert found.intercept == 0


def test_temperature_cools_what_is_too_sure():
    """Log odds three times as far out as they should be: the slope is a third."""
    shares = np.array([0.1, 0.3, 0.6, 0.8])
    findings = np.repeat(expit(3 * logit(shares)), 1000)
    truth = np.concatenate([np.arange(1000) < 1000 * share for share in shares]).astype(float)
    assert fit_calibration("temperature", findings, truth).slope == pytest.approx(1 / 3, abs=0.005)


@pytest.mark.parametrize(("method", "prevalence"), [("platt", 0.3), ("temperature", None), ("none", None)])
def test_probabilities_hold_where_as_many_have_it_as_among_the_cases(method, prevalence):
    """Three of ten have the finding; without an intercept, probabilities hold nowhere that is known."""
    found = fit_calibration(method, np.linspace(0.1, 0.9, 10), np.array([0.0, 1.0, 0, 0, 0, 0, 0, 0, 1, 1]))
    assert found.prevalence == prevalence
    assert found.is_fitted == (method != "none")
    assert Calibration.from_dict(found.as_dict()) == found


@pytest.mark.parametrize("is_upside_down", [False, True])
def test_the_mean_probability_is_the_prevalence_that_is_stated(rng, is_upside_down):
    """Of 2000 patients 15 % are ill; balanced classes in training put the log odds around 0.

    The smoothed targets pull the mean to the middle by about (1 - 2 * 0.15) / 2000. Where only the intercept is
    fitted, it is so as well. With a slope alone the mean is about twice the share, so no share is stated.
    """
    truth = (np.arange(2000) < 300).astype(float)
    findings = expit((2 * truth - 1) * (-1 if is_upside_down else 1) + rng.normal(0, 1.5, 2000))
    found = fit_calibration("platt", findings, truth)
    assert (found.reason is not None) == is_upside_down
    assert found.prevalence == 0.15
    assert found.apply(findings).mean() == pytest.approx(0.15, abs=0.001)
    slope_alone = fit_calibration("temperature", findings, truth)
    assert slope_alone.apply(findings).mean() > 0.25
    assert slope_alone.prevalence is None


def test_none_leaves_every_bit():
    findings = np.array([0.1 + 0.2, 1e-300, 1.0, math.nan])
    found = fit_calibration("none", findings[:3], np.array([1.0, 0.0, 1.0]))
    assert found == Calibration(why_no_interval="the probabilities are not calibrated")
    np.testing.assert_array_equal(found.apply(findings), findings)


@pytest.mark.parametrize("method", ["platt", "temperature"])
def test_an_order_that_is_upside_down_is_kept_and_said(method):
    """Where the healthy have the higher probabilities, calibration must not turn the model round."""
    findings, truth = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9]), np.array([1.0, 1, 1, 0, 0, 0])
    found = fit_calibration(method, findings, truth)
    assert found.slope == SMALLEST_SLOPE
    assert found.reason == "the validation cases with the finding have no higher probabilities than those without"
    assert (np.diff(found.apply(findings)) > 0).all()


def test_equal_probabilities_have_no_slope():
    found = fit_calibration("platt", np.full(10, 0.3), np.arange(10) % 2.0)
    assert found == Calibration(reason="all validation cases have the same probability")


@pytest.mark.parametrize("method", ["platt", "temperature"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_order_is_kept_and_all_is_finite(method, data):
    """Also for patients told apart without a mistake, and for probabilities of 0 and 1."""
    n = data.draw(st.integers(2, 20))
    findings = np.array(data.draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    truth = np.array([1.0, 0.0, *data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n - 2, max_size=n - 2))])
    found = fit_calibration(method, findings, truth)
    assert math.isfinite(found.slope)
    assert found.slope > 0
    assert math.isfinite(found.intercept)
    calibrated = found.apply(np.sort(findings))
    assert ((calibrated >= 0) & (calibrated <= 1)).all()
    assert (np.diff(calibrated) >= 0).all()
    low, high = found.interval_of(np.sort(findings))
    assert (found.interval is None) == (found.why_no_interval is not None)
    if found.interval is None:
        assert np.isnan(low).all()
        assert np.isnan(high).all()
    else:
        assert ((low >= 0) & (low <= calibrated) & (calibrated <= high) & (high <= 1)).all()
