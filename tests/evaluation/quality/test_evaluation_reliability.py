from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binom
from sklearn.calibration import calibration_curve

from heartprobe.evaluation.metrics.intervals import clopper_pearson
from heartprobe.evaluation.quality.reliability import Binned, ece_entry, reliability_points


def binned(probability, truth) -> Binned:
    return Binned.of(np.asarray(probability, float), np.asarray(truth, bool), np.arange(len(truth)))


# Ten were given 0.2, and three of them are ill; ten were given 0.8, and six are.
PROBABILITY = [0.2] * 10 + [0.8] * 10
TRUTH = [1] * 3 + [0] * 7 + [1] * 6 + [0] * 4


def test_by_hand():
    """One more than the two expected, and two fewer than the eight: 3 of 20."""
    entry = ece_entry([binned(PROBABILITY, TRUTH)], seed=0, draws=100)
    assert entry["value"] == pytest.approx(3 / 20, abs=1e-15)
    assert entry["bins"] == 2
    assert entry["n"] == 20
    low, high = clopper_pearson(3, 10), clopper_pearson(6, 10)
    assert reliability_points([binned(PROBABILITY, TRUTH)]) == [
        {"mean_probability": pytest.approx(0.2), "observed": 0.3, "low": low.low, "high": low.high, "n": 10},
        {"mean_probability": pytest.approx(0.8), "observed": 0.6, "low": high.low, "high": high.high, "n": 10},
    ]


def test_what_a_calibrated_model_would_have():
    """Ten of 0.2 and ten of 0.8: the mean distance of a binomial count from its mean, known exactly."""
    counts = np.arange(11)
    expected = binom.pmf(counts, 10, 0.2) @ np.abs(counts - 2) / 10
    entry = ece_entry([binned(PROBABILITY, TRUTH)], seed=0, draws=20000)
    assert entry["expected_if_calibrated"] == pytest.approx(expected, abs=0.002)
    assert expected == pytest.approx(0.0966, abs=1e-4)
    # Of the sum of two such distances, 95 % are at most 4 of 20.
    assert entry["upper_if_calibrated"] == pytest.approx(0.2, abs=1e-12)


def test_a_calibrated_model_comes_out_as_expected(rng):
    """The ECE of 5000 such patients is no larger than chance makes it; of a model that is twice as sure it is."""
    odds = rng.normal(0, 1.5, 5000)
    truth = rng.random(5000) < 1 / (1 + np.exp(-odds))
    calibrated = ece_entry([binned(1 / (1 + np.exp(-odds)), truth)], seed=0, draws=500)
    too_sure = ece_entry([binned(1 / (1 + np.exp(-2 * odds)), truth)], seed=0, draws=500)
    assert calibrated["value"] == pytest.approx(calibrated["expected_if_calibrated"], abs=0.01)
    assert calibrated["value"] < calibrated["upper_if_calibrated"]
    assert too_sure["value"] > 5 * too_sure["upper_if_calibrated"]


def test_the_bias_grows_as_bins_shrink(rng):
    """For the same perfect model: ten bins of 10 against ten bins of 100."""
    expected = [
        ece_entry([binned(p, rng.random(n) < p)], seed=0, draws=500)["expected_if_calibrated"]
        for n, p in ((100, np.linspace(0.01, 0.99, 100)), (1000, np.linspace(0.01, 0.99, 1000)))
    ]
    assert expected[0] == pytest.approx(np.sqrt(10) * expected[1], rel=0.1)


def test_agrees_with_scikit_learn(rng):
    """The points of 200 patients without ties are those of `calibration_curve` with quantile bins."""
    probability = rng.random(200)
    truth = rng.random(200) < probability
    points = reliability_points([binned(probability, truth)])
    observed, mean_probability = calibration_curve(truth, probability, n_bins=10, strategy="quantile")
    np.testing.assert_allclose([p["observed"] for p in points], observed, rtol=0, atol=1e-12)
    np.testing.assert_allclose([p["mean_probability"] for p in points], mean_probability, rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 130), st.data())
def test_bins(n, data):
    """Everybody is in one bin, equal probabilities are in the same, none is below another's, whatever the order."""
    probability = data.draw(hnp.arrays(float, n, elements=st.integers(0, 40).map(lambda k: k / 40)))
    truth = data.draw(hnp.arrays(bool, n))
    found = binned(probability, truth)
    assert (found.members.sum(axis=0) == 1).all()
    bin_of = found.members.argmax(axis=0)
    order = np.argsort(probability, kind="stable")
    assert (np.diff(bin_of[order]) >= 0).all()
    assert all(len(set(bin_of[probability == value])) == 1 for value in probability)
    shuffled = data.draw(st.permutations(range(n)))
    again = binned(probability[shuffled], truth[shuffled])
    truths = truth[:, np.newaxis].astype(float)
    np.testing.assert_allclose(found.ece(truths), again.ece(truths[shuffled]), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("n", "sizes"), [(9, [9]), (108, [11, 11, 11, 11, 10, 11, 11, 11, 11, 10]), (1000, [100] * 10)]
)
def test_bins_are_equally_full(n, sizes):
    """Ten patients at least, ten bins at most."""
    found = binned(np.linspace(0, 1, n), np.arange(n) % 2)
    assert sorted(found.members.sum(axis=1)) == sorted(sizes)


def test_repeats_are_averaged_and_add_no_patients():
    """Three and five of ten ill in the first bin of two repeats: 0.4, with the interval of four in ten."""
    other = [1] * 5 + [0] * 5 + TRUTH[10:]
    both = [binned(PROBABILITY, TRUTH), binned(PROBABILITY, other)]
    point = reliability_points(both)[0]
    exact = clopper_pearson(4, 10)
    assert point == {
        "mean_probability": pytest.approx(0.2),
        "observed": 0.4,
        "low": exact.low,
        "high": exact.high,
        "n": 10,
    }
    # (1 + 2) / 20 and (3 + 2) / 20.
    assert ece_entry(both, seed=0, draws=100)["value"] == pytest.approx(0.2, abs=1e-15)


def test_a_patient_has_one_fate_in_all_repeats():
    """The same predictions five times over are no surer than once."""
    once = ece_entry([binned(PROBABILITY, TRUTH)], seed=3, draws=200)
    assert ece_entry([binned(PROBABILITY, TRUTH)] * 5, seed=3, draws=200) == pytest.approx(once, abs=1e-12)
