from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, bootstrap

from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.intervals import ALL_EQUAL, TOO_FEW, Interval, bootstrap_interval, clopper_pearson


def test_21_of_21_normals():
    """All of 21 right leaves room for one in six wrong: 0.025 ** (1 / 21) = 0.839."""
    interval = clopper_pearson(21, 21)
    assert interval.low == pytest.approx(0.025 ** (1 / 21), abs=1e-12)
    assert round(interval.low, 3) == 0.839
    assert interval.high == 1.0


def limits(interval: Interval) -> tuple[float, float]:
    assert interval.reason is None
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 1 - 0.025**0.1),
        (1, 1, 0.025, 1.0),
        (0, 1, 0.0, 0.975),
        (5, 10, 0.187, 0.813),
        (81, 263, 0.253, 0.368),
    ],
)
def test_literal_limits(successes, trials, low, high):
    """Limits from closed forms, and from tables (81 of 263: Newcombe, Statist Med 1998; 17:857)."""
    assert limits(clopper_pearson(successes, trials)) == pytest.approx((low, high), abs=5e-4)


@given(st.integers(1, 400), st.data())
def test_agrees_with_scipy(trials, data):
    """The same as scipy's exact interval."""
    successes = data.draw(st.integers(0, trials))
    exact = binomtest(successes, trials).proportion_ci(0.95, method="exact")
    assert limits(clopper_pearson(successes, trials)) == pytest.approx((exact.low, exact.high), abs=1e-9)


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9, 0.98])
def test_covers_the_truth_in_at_least_95_percent(p):
    """The chance that the interval of 21 trials holds the true share, summed over all outcomes."""
    chances = binom.pmf(np.arange(22), 21, p)
    covered = [low <= p <= high for low, high in (limits(clopper_pearson(k, 21)) for k in range(22))]
    assert float(chances @ covered) >= 0.95


@given(st.integers(0, 100), st.integers(1, 20))
def test_a_mean_count_lies_between_the_whole_ones(fifths, trials):
    """Fractional counts (means over repeats) give limits between those of the neighbouring whole counts."""
    count = min(fifths / 5, trials)
    low, high = limits(clopper_pearson(count, trials))
    below, above = (limits(clopper_pearson(whole, trials)) for whole in (np.floor(count), np.ceil(count)))
    assert below[0] - 1e-12 <= low <= above[0] + 1e-12
    assert below[1] - 1e-12 <= high <= above[1] + 1e-12
    assert low - 1e-12 <= count / trials <= high + 1e-12


@pytest.mark.parametrize(("successes", "trials"), [(3, 2), (-1, 2), (0, 0)])
def test_impossible_counts_are_refused(successes, trials):
    """No trial, no interval."""
    with pytest.raises(ValueError, match="trials"):
        clopper_pearson(successes, trials)


def test_agrees_with_scipys_bca(rng):
    """From scipy's own draws of the mean of 15 skewed numbers, scipy's BCa interval, which is no percentile one."""
    sample = rng.lognormal(size=15)
    scipys = bootstrap((sample,), np.mean, n_resamples=999, method="BCa", rng=rng)
    without_one = np.array([np.delete(sample, i).mean() for i in range(15)])
    found = limits(bootstrap_interval(sample.mean(), scipys.bootstrap_distribution, without_one))
    assert found == pytest.approx(tuple(scipys.confidence_interval), rel=1e-9)
    assert found[1] > 1.1 * np.quantile(scipys.bootstrap_distribution, 0.975)


def test_symmetric_draws_give_their_percentiles():
    """0, 1, ..., 1000 around 500, influences that cancel: 25 and 975 cut off 2.5 % on either side."""
    draws = np.random.default_rng(0).permutation(1001).astype(float)
    assert limits(bootstrap_interval(500.0, draws, np.array([499.0, 501.0]))) == pytest.approx((25, 975))


def test_a_value_outside_all_draws_is_no_error():
    """The correction is as large as the draws can tell, not infinite."""
    draws = np.arange(100.0)
    assert limits(bootstrap_interval(1000.0, draws, np.full(5, np.nan))) == pytest.approx((99, 99), abs=1)


def test_too_few_defined_draws_give_no_interval():
    """79 of 100 defined are too few, 80 are enough."""
    draws = np.full(100, np.nan)
    draws[:79] = np.arange(79)
    assert bootstrap_interval(40.0, draws, draws) == Interval(None, None, TOO_FEW)
    draws[79] = 79.0
    assert bootstrap_interval(40.0, draws, draws).reason is None


def test_draws_that_all_agree_give_no_interval():
    """A perfect AUROC is perfect in every draw: an interval from 1 to 1 would claim certainty."""
    assert bootstrap_interval(1.0, np.ones(100), np.ones(9)) == Interval(None, None, ALL_EQUAL)


def test_the_columns_of_the_resamples():
    """Column 0 counts everybody once, a draw has as many patients as the sample, the last leave one out each."""
    resamples = Resamples.of(7, draws=50, seed=1)
    assert resamples.weights.shape == (7, 58)
    once, drawn, without_one = resamples.parts(resamples.weights.sum(axis=0))
    assert once == 7
    assert set(drawn) == {7.0}
    assert set(without_one) == {6.0}
    assert (resamples.weights == np.round(resamples.weights)).all()
    assert (resamples.weights[:, 51:] == 1 - np.eye(7)).all()


def test_draws_are_with_replacement_and_from_everybody():
    """A patient is missing from a draw of 12 with probability (11/12) ** 12 = 0.352, and counts once on average."""
    weights = Resamples.of(12, draws=4000, seed=2).weights[:, 1:4001]
    assert (weights == 0).mean() == pytest.approx((11 / 12) ** 12, abs=0.01)
    np.testing.assert_allclose(weights.mean(axis=1), 1, atol=0.06)


def test_the_seed_decides_the_draws():
    """The same seed, the same draws."""
    weights = [Resamples.of(9, draws=20, seed=seed).weights for seed in (3, 3, 4)]
    assert (weights[0] == weights[1]).all()
    assert (weights[0] != weights[2]).any()
