from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.quality.finding_answers import patient_answers
from heartprobe.evaluation.quality.prevalence import at_prevalence, predictive_values


def both(sensitivity, specificity, prevalence):
    ppv, npv = predictive_values(np.array([sensitivity]), np.array([specificity]), prevalence)
    return ppv[0], npv[0]


def test_by_hand():
    """Of 1000 people 50 are ill: 45 are found, and 190 of the other 950 are alarmed."""
    ppv, npv = both(0.9, 0.8, 0.05)
    assert ppv == pytest.approx(45 / (45 + 190), abs=1e-15)
    assert npv == pytest.approx(760 / (760 + 5), abs=1e-15)


def test_where_81_percent_are_ill_a_ppv_means_little_for_5_percent():
    """The PPV of 0.97 among the patients of BMD-HS is one of 0.29 where 5 % are abnormal."""
    sensitivity, prevalence = 0.9, 0.81
    # The specificity that gives a PPV of 0.97.
    specificity = 1 - sensitivity * prevalence * (1 / 0.97 - 1) / (1 - prevalence)
    assert both(sensitivity, specificity, prevalence)[0] == pytest.approx(0.97)
    assert both(sensitivity, specificity, 0.05)[0] == pytest.approx(0.285, abs=5e-4)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.99))
def test_a_useful_test_says_more_than_the_prevalence(sensitivity, specificity, prevalence):
    """Where sensitivity exceeds 1 - specificity, PPV and NPV exceed what the prevalence alone says; and back."""
    ppv, npv = both(sensitivity, specificity, prevalence)
    gain = sensitivity + specificity - 1
    if abs(gain) > 1e-6:
        assert np.isnan(ppv) or (ppv > prevalence) == (gain > 0)
        assert np.isnan(npv) or (npv > 1 - prevalence) == (gain > 0)


def test_at_the_observed_prevalence_they_are_what_was_counted(five_label_predictions):
    """There Bayes' theorem gives back the counts, for every label."""
    levels = measure(five_label_predictions, seed=0, draws=100)["patient"]["labels"]
    for label, answers in patient_answers(five_label_predictions, seed=0, draws=100).items():
        found = at_prevalence(answers, float(answers.repeats[0].is_ill.mean()))
        for name in ("ppv", "npv"):
            assert found[name]["value"] == pytest.approx(levels[label][name]["value"], abs=1e-12)
            assert found[name]["n"] == 108
            if found[name]["low"] is not None:
                assert found[name]["low"] < found[name]["value"] < found[name]["high"]


def answers_about(predictions_with, truth, probability, label="AS"):
    rows = predictions_with(np.array([truth]).T, np.array([probability], float).T, (label,))
    return patient_answers(rows, seed=0, draws=100)[label]


def test_an_all_abnormal_predictor_tells_the_prevalence(predictions_with):
    """Everybody is declared: the PPV is the prevalence itself, and the NPV null with its reason."""
    answers = answers_about(predictions_with, [0] * 87 + [1] * 21, [0] * 108, "N")
    found = at_prevalence(answers, 0.05)
    assert found["prevalence"] == 0.05
    assert found["ppv"]["value"] == pytest.approx(0.05, abs=1e-15)
    assert found["npv"] == {"value": None, "reason": "none of the patients was declared normal"}


@pytest.mark.parametrize(
    ("truth", "probability", "ppv", "npv"),
    [
        ([1, 1, 0, 0], [0.1] * 4, "none of the patients was declared positive for AS", 0.75),
        ([1, 1, 1, 1], [0.9] * 4, "none of the patients is negative for AS", "none of the patients is negative for AS"),
        ([0, 0], [0.1, 0.9], "none of the patients is positive for AS", "none of the patients is positive for AS"),
    ],
)
def test_what_cannot_be_known(predictions_with, truth, probability, ppv, npv):
    """Null with the reason; what was declared of nobody has no predictive value."""
    found = at_prevalence(answers_about(predictions_with, truth, probability), 0.25)
    for name, expected in (("ppv", ppv), ("npv", npv)):
        if isinstance(expected, str):
            assert found[name] == {"value": None, "reason": expected}
        else:
            assert found[name]["value"] == pytest.approx(expected)
