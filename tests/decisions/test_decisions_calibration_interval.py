from __future__ import annotations

import numpy as np
import pytest
from interval_coverage import coverage
from pydantic import ValidationError
from scipy.special import expit, logit

from heartprobe.decisions.calibration import NOT_KEPT, Calibration, fit_calibration
from heartprobe.decisions.calibration_interval import CalibrationInterval, fit_interval

TO_LINE = np.eye(2)


def test_interval_of_a_line_by_hand():
    """At v = 2 the line is 1, its variance 4 * 0.25 + 2 * 2 * (-0.25) + 1 = 1, so that 2 errors reach from -1 to 3."""
    line = CalibrationInterval(
        slope=1.0, intercept=-1.0, slope_variance=0.25, intercept_variance=1.0, covariance=-0.25, quantile=2.0
    )
    low, high = line.of(np.array([2.0]))
    np.testing.assert_allclose(low, expit([-1.0]), rtol=1e-12)
    np.testing.assert_allclose(high, expit([3.0]), rtol=1e-12)


def test_intercept_alone_is_firths_by_hand():
    """Without a slope, Firth's estimate of a proportion is (k + 1/2) / (n + 1), and its variance 1 / (n p (1 - p)).

    Of nine patients two have the finding: 2.5 / 10 = 1/4.
    """
    truth = np.array([1.0, 1.0, *[0.0] * 7])
    found = fit_interval(np.ones((9, 1)), truth, np.arange(9), np.array([[0.0], [1.0]]))
    assert found is not None
    assert found.intercept == pytest.approx(np.log(1 / 3), abs=1e-8)
    assert found.intercept_variance == pytest.approx(1 / (9 * 0.25 * 0.75), rel=1e-8)
    assert found.quantile == pytest.approx(1.959964, abs=1e-6)


def test_patients_that_are_heard_twice_are_no_new_patients(rng):
    """A copy of every recording leaves the jackknife where it was: about as wide as without, not half."""
    truth = np.arange(600) % 2.0
    scores = 1.5 * truth + rng.normal(0, 1, 600)
    once = fit_calibration("platt", expit(scores), truth).interval
    twice = fit_calibration("platt", expit(np.repeat(scores, 2)), np.repeat(truth, 2), np.repeat(np.arange(600), 2))
    assert once is not None
    assert twice.interval is not None
    assert 0.8 < twice.interval.slope_variance / once.slope_variance < 1.25
    # Student's quantile for 300 degrees of freedom.
    assert twice.interval.quantile == pytest.approx(1.967903, abs=1e-6)


def test_patients_that_are_told_apart_without_a_mistake_have_an_interval():
    """Plain maximum likelihood has no finite line there."""
    findings = np.array([0.1] * 3 + [0.2] * 3 + [0.8] * 3 + [0.9] * 3)
    found = fit_calibration("platt", findings, np.repeat([0.0, 1.0], 6))
    low, high = found.interval_of(np.array([0.1, 0.5, 0.9]))
    assert ((low > 0) & (low < high) & (high < 1)).all()
    # In the middle nobody was seen, so the least is known.
    assert high[1] - low[1] > 0.3


def test_the_interval_holds_the_probability_it_is_of(rng):
    """Platt's line is not Firth's, and where a model is good the interval has to be widened."""
    truth = np.arange(80) % 2.0
    findings = expit(6 * truth - 3 + rng.normal(0, 1, 80))
    found = fit_calibration("platt", findings, truth)
    grid = expit(np.linspace(-20, 20, 401))
    low, high = found.interval_of(grid)
    assert ((low <= found.apply(grid)) & (found.apply(grid) <= high)).all()


def test_temperature_is_sure_of_one_half():
    """Its line goes through the origin, whatever the patients."""
    shares = np.repeat([0.1, 0.3, 0.6, 0.8], 20)
    truth = (np.tile(np.arange(20), 4) < 20 * shares).astype(float)
    found = fit_calibration("temperature", shares, truth)
    low, high = found.interval_of(np.array([0.2, 0.5, 0.8]))
    assert low[1] == high[1] == 0.5
    np.testing.assert_allclose(logit(low[2]), -logit(high[0]), rtol=1e-9)


@pytest.mark.parametrize(
    ("findings", "truth"),
    [([0.3] * 10, [0.0, 1.0] * 5), ([0.1, 0.2, 0.3, 0.7, 0.8, 0.9], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0])],
)
def test_a_calibration_that_was_not_fitted_freely_says_why_it_has_no_interval(findings, truth):
    found = fit_calibration("platt", np.array(findings), np.array(truth))
    assert found.interval is None
    assert found.why_no_interval == found.reason
    assert np.isnan(found.interval_of(np.array([0.5]))[0]).all()


def test_a_calibration_saved_without_an_interval_is_read_and_says_so():
    found = Calibration.from_dict({"slope": 1.5, "intercept": 0.0, "reason": None})
    assert found.why_no_interval == NOT_KEPT
    assert Calibration.from_dict(found.as_dict()) == found


@pytest.mark.parametrize("changed", [{"covariance": 0.6}, {"slope_variance": -0.1}, {"quantile": 0.0}])
def test_numbers_that_are_no_covariance_are_refused(changed):
    good = {"slope": 1, "intercept": 0, "slope_variance": 0.25, "intercept_variance": 1, "covariance": 0, "quantile": 2}
    CalibrationInterval.from_dict(good)
    with pytest.raises(ValidationError):
        CalibrationInterval.from_dict({**good, **changed})


def test_an_interval_and_a_reason_for_none_contradict_each_other():
    interval = fit_calibration("platt", np.array([0.2, 0.6, 0.4, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])).interval
    with pytest.raises(ValidationError, match="there is an interval, and a reason for having none"):
        Calibration(interval=interval, why_no_interval="none")


@pytest.mark.parametrize(
    ("n_patients", "n_recordings", "prevalence", "distance"),
    [(60, 1, 0.5, 1.0), (100, 1, 0.2, 2.0), (80, 1, 0.8, 2.0), (60, 8, 0.5, 1.0), (100, 8, 0.2, 2.0)],
)
def test_intervals_hold_the_truth_in_about_95_of_100_cases(n_patients, n_recordings, prevalence, distance):
    """For AUROCs of 0.76 and 0.92; 300 data sets, so the share itself is known to about 2 points."""
    found = coverage(n_patients, n_recordings, prevalence, distance, draws=300, seed=11)
    assert 0.92 <= found.held <= 0.98
    assert 0.1 < found.width < 0.35
    assert found.without_interval == 0


@pytest.mark.parametrize(("n_patients", "prevalence"), [(60, 0.2), (100, 0.5)])
def test_intervals_of_a_nearly_perfect_model_hold_it_in_about_nine_of_ten(n_patients, prevalence):
    """At an AUROC of 0.98 few patients lie where the line is decided; docs/decisions.md says so."""
    found = coverage(n_patients, 1, prevalence, 3.0, draws=300, seed=12)
    assert 0.87 <= found.held <= 0.97
    assert found.without_interval == 0


def test_sets_that_have_no_interval_are_counted_and_not_passed_over():
    """One in ten of thirty patients is often fewer than five."""
    found = coverage(30, 1, 0.1, 1.0, draws=40, seed=3)
    assert 20 < found.too_few < 40
    assert 0 <= found.without_interval <= 40 - found.too_few


def test_it_does_not_matter_how_patients_are_numbered(rng):
    """With gaps, as where some of them have no known label, the interval is the same."""
    truth = np.repeat(np.arange(40) % 2.0, 3)
    findings = expit(truth + rng.normal(0, 1, 120))
    owners = np.repeat(np.arange(40), 3)
    assert fit_calibration("platt", findings, truth, 7 * owners + 5) == fit_calibration(
        "platt", findings, truth, owners
    )
