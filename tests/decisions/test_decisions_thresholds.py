from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from heartprobe.decisions.thresholds import Threshold, choose_threshold, reaching, youden

# Six patients; the second most conspicuous is healthy.
FINDINGS = np.array([0.9, 0.8, 0.6, 0.5, 0.3, 0.1])
TRUTH = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0])


def test_youden_on_six_patients():
    """From 0.5 on all three ill are declared and one of three healthy: 1 + 2/3 is the most that can be reached."""
    assert youden(FINDINGS, TRUTH) == pytest.approx(0.4)


def test_of_equally_good_thresholds_the_lowest():
    """0.6 misses one of two ill and alarms nobody, 0.15 misses nobody and alarms one of two: both 1.5."""
    assert youden(np.array([0.9, 0.3, 0.2, 0.1]), np.array([1.0, 0.0, 1.0, 0.0])) == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("sensitivity", "threshold"),
    [(0.3, 0.85), (1 / 3, 0.85), (0.34, 0.55), (2 / 3, 0.55), (0.7, 0.4), (0.99, 0.4)],
)
def test_the_highest_threshold_that_reaches_a_sensitivity(sensitivity, threshold):
    """The ill have 0.9, 0.6 and 0.5: one of three is reached midway between 0.9 and 0.8."""
    assert reaching(FINDINGS, TRUTH, sensitivity) == pytest.approx(threshold)


def test_below_the_lowest_probability_lies_half_of_it():
    """Where the least conspicuous of all is ill, everybody has to be declared."""
    assert reaching(np.array([0.4, 0.2]), np.array([0.0, 1.0]), 0.9) == pytest.approx(0.1)


def test_patients_with_the_same_probability_are_declared_together():
    """Four at 0.5, two of them ill: no threshold parts them."""
    findings, truth = np.array([0.5, 0.5, 0.5, 0.5, 0.2]), np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    assert youden(findings, truth) == pytest.approx(0.35)


def test_no_patient_stands_on_the_threshold_even_between_neighbouring_floats():
    low = 0.5
    high = math.nextafter(low, 1)
    threshold = Threshold(value=youden(np.array([low, high]), np.array([0.0, 1.0])))
    assert threshold.declares(np.array([low, high])).tolist() == [False, True]


def test_chance_is_said():
    """The healthy are the more conspicuous: every threshold is worse than none."""
    found = choose_threshold("youden", np.array([0.2, 0.8]), np.array([1.0, 0.0]), fixed=0.3, sensitivity=0.9)
    assert found == Threshold(value=0.5, reason="no threshold tells the validation cases apart better than chance")


@pytest.mark.parametrize(("rule", "value"), [("fixed", 0.3), ("youden", 0.4), ("sensitivity", 0.55)])
def test_the_rule_is_used(rule, value):
    found = choose_threshold(rule, FINDINGS, TRUTH, fixed=0.3, sensitivity=0.5)
    assert found.value == pytest.approx(value)
    assert found.reason is None


cases = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=30).filter(
    lambda drawn: len({ill for _, ill in drawn}) == 2
)


@given(cases)
def test_youden_is_the_best_point_of_the_roc_curve(drawn):
    """As scikit-learn draws it."""
    findings = np.array([level / 10 for level, _ in drawn])
    truth = np.array([float(ill) for _, ill in drawn])
    false_alarms, hits, _ = roc_curve(truth, findings)
    threshold = youden(findings, truth)
    if threshold is None:
        assert max(hits - false_alarms) == pytest.approx(0, abs=1e-12)
    else:
        is_declared = findings >= threshold
        assert is_declared[truth == 1].mean() - is_declared[truth == 0].mean() == pytest.approx(
            max(hits - false_alarms), abs=1e-12
        )


@given(cases, st.floats(0.01, 0.99))
def test_the_sensitivity_is_reached_and_no_higher_threshold_reaches_it(drawn, sensitivity):
    findings = np.array([level / 10 for level, _ in drawn])
    ill = findings[np.array([is_ill for _, is_ill in drawn])]
    threshold = reaching(findings, np.array([float(is_ill) for _, is_ill in drawn]), sensitivity)
    assert (ill >= threshold).mean() >= sensitivity
    lowest_declared = findings[findings >= threshold].min()
    assert (ill > lowest_declared).mean() < sensitivity
