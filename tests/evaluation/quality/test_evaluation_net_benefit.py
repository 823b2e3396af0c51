from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartprobe.evaluation.quality.finding_answers import patient_answers
from heartprobe.evaluation.quality.net_benefit import THRESHOLDS, adjusted, net_benefit, of_treating_everybody

PROBABILITY = [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]
TRUTH = [1, 1, 0, 1, 0, 1, 0, 0]


@pytest.fixture
def answers_of(predictions_with):
    """Answers about one label from plain lists."""

    def answers(truth, probability, label="AS"):
        rows = predictions_with(np.array([truth]).T, np.array([probability], float).T, (label,))
        return patient_answers(rows, seed=0, draws=100)[label]

    return answers


def at(curve: dict, name: str, threshold: float) -> float:
    index = int(np.flatnonzero(np.isclose(THRESHOLDS, threshold))[0])
    return curve[name][index]


def test_by_hand(answers_of):
    """At 1/2, 3 of 8 are found and 1 is alarmed, one for one; at 1/4, 4 and 2, one for three; at 0.95 nobody."""
    curve = net_benefit(answers_of(TRUTH, PROBABILITY), [])
    assert curve["prevalence"] == 0.5
    assert at(curve, "model", 0.5) == pytest.approx(3 / 8 - 1 / 8)
    assert at(curve, "model", 0.25) == pytest.approx(4 / 8 - 2 / 8 / 3, abs=1e-6)
    assert at(curve, "model", 0.95) == 0
    assert at(curve, "everybody", 0.5) == 0
    assert at(curve, "everybody", 0.25) == pytest.approx(1 / 2 - 1 / 2 / 3, abs=1e-6)
    assert curve["at_prevalence"] == []


def test_at_another_prevalence_by_hand(answers_of):
    """Where 1 in 20 is ill, odds are 19 times smaller: 0.9 becomes 9 / 28, which is below 1/2 and above 1/4."""
    (curve,) = net_benefit(answers_of(TRUTH, PROBABILITY), [0.05])["at_prevalence"]
    assert adjusted(np.array([0.9, 0, 1]), 0.5, 0.05) == pytest.approx([9 / 28, 0, 1])
    assert at(curve, "model", 0.5) == 0
    assert at(curve, "model", 0.25) == pytest.approx(0.05 / 4)
    # Unadjusted, 3/4 of the ill are found and 1/4 of the others alarmed.
    assert at(curve, "unadjusted", 0.5) == pytest.approx(0.05 * 3 / 4 - 0.95 / 4)
    assert at(curve, "everybody", 0.5) == pytest.approx(0.05 - 0.95)


def test_an_all_abnormal_predictor_treats_everybody(answers_of):
    """At every threshold and prevalence the same as treating everybody without a model."""
    curve = net_benefit(answers_of([0] * 87 + [1] * 21, [0] * 108, "N"), [0.05, 0.25])
    for found in (curve, *curve["at_prevalence"]):
        assert found["model"] == pytest.approx(found["everybody"], abs=1e-6)
    assert curve["prevalence"] == pytest.approx(87 / 108)
    assert curve["everybody"] == pytest.approx(of_treating_everybody(87 / 108), abs=1e-6)


def test_a_perfect_model_is_worth_the_prevalence(answers_of):
    """All ill found, nobody alarmed; more is not to be had."""
    curve = net_benefit(answers_of([1, 1, 0, 0, 0], [1, 1, 0, 0, 0]), [0.05])
    assert curve["model"] == pytest.approx([0.4] * 99)
    assert curve["at_prevalence"][0]["model"] == pytest.approx([0.05] * 99)


def test_at_the_observed_prevalence_nothing_is_adjusted(answers_of):
    """Prevalence 1/2 among the tested and elsewhere: the same curve three times."""
    curve = net_benefit(answers_of(TRUTH, PROBABILITY), [0.5])
    (elsewhere,) = curve["at_prevalence"]
    assert elsewhere["model"] == elsewhere["unadjusted"] == curve["model"]
    assert elsewhere["everybody"] == curve["everybody"]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_adjusting_keeps_the_order_and_can_be_undone(first, second, here, there):
    """Probabilities stay probabilities in their order, and come back."""
    probability = np.sort([first, second])
    moved = adjusted(probability, here, there)
    assert ((moved >= 0) & (moved <= 1)).all()
    assert moved[0] <= moved[1]
    np.testing.assert_allclose(adjusted(moved, there, here), probability, atol=1e-9)


def test_adjusted_probabilities_are_right_elsewhere(rng):
    """A model calibrated where half are ill, adjusted, is calibrated where one in five is."""
    ill = np.repeat([1, 0, 0, 0, 0], 100_000)
    sound = rng.normal(2 * ill - 1, 1.0)
    probability = adjusted(1 / (1 + np.exp(-2 * sound)), 0.5, 0.2)
    for low, high in ((0.1, 0.2), (0.4, 0.5), (0.8, 0.9)):
        among = (probability >= low) & (probability < high)
        assert ill[among].mean() == pytest.approx(probability[among].mean(), abs=0.01)


def test_a_band_holds_the_curve(five_label_predictions):
    """Where draws differ, low and high stand around the model; without them there is no band."""
    answers = patient_answers(five_label_predictions, seed=0, draws=200)["MR"]
    curve = net_benefit(answers, [0.05])
    json.dumps(curve, allow_nan=False)
    for found in (curve, curve["at_prevalence"][0]):
        model, low, high = (np.array(found[name], dtype=float) for name in ("model", "low", "high"))
        inside = ~np.isnan(low)
        assert inside.sum() > 30
        assert (low[inside] <= model[inside]).all()
        assert (model[inside] <= high[inside]).all()


def test_a_missing_class_has_no_curve(answers_of):
    """Null with the reason."""
    assert net_benefit(answers_of([1, 1], [0.4, 0.6]), [0.05]) == {
        "value": None,
        "reason": "none of the patients is negative for AS",
    }


def test_repeats_are_averaged(predictions_with):
    """The mean of two repeats at every threshold."""
    truth = np.array([TRUTH]).T
    first = predictions_with(truth, np.array([PROBABILITY]).T, ("AS",))
    second = first.assign(repeat=1, probability=first["probability"].to_numpy()[::-1])
    curves = [
        net_benefit(patient_answers(rows, seed=0, draws=100)["AS"], [0.25])
        for rows in (first, second, pd.concat([first, second], ignore_index=True))
    ]
    for one, other, both in (curves, [curve["at_prevalence"][0] for curve in curves]):
        assert both["model"] == pytest.approx(np.mean([one["model"], other["model"]], axis=0), abs=2e-6)
