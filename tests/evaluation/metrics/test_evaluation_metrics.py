from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from heartprobe.evaluation.metrics.formulas import METRIC_NAMES, Outcomes, metrics_of


def outcomes_of(truth, probability, decision=None, *, finding=1, owner=None) -> Outcomes:
    truth, probability = np.asarray(truth, np.int8), np.asarray(probability, float)
    return Outcomes(
        truth,
        probability,
        (probability >= 0.5).astype(np.int8) if decision is None else np.asarray(decision, np.int8),
        np.full(len(truth), finding, np.int8),
        np.arange(len(truth)) if owner is None else np.asarray(owner, np.intp),
    )


def values(outcomes: Outcomes) -> dict[str, float]:
    """Every patient counted once."""
    weights = np.ones((int(outcomes.owner.max(initial=0)) + 1, 1))
    return {name: float(column[0]) for name, column in metrics_of(outcomes, weights).items()}


@st.composite
def random_outcomes(draw, *, finding=1):
    """Truth, probability with ties, and decisions that need not follow from it."""
    n = draw(st.integers(1, 60))
    return outcomes_of(
        draw(hnp.arrays(np.int8, n, elements=st.integers(0, 1))),
        draw(hnp.arrays(float, n, elements=st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1)))),
        draw(hnp.arrays(np.int8, n, elements=st.integers(0, 1))),
        finding=finding,
    )


def scikit_learn(truth, probability, decision) -> dict[str, float]:
    """The metrics of the value 1, as scikit-learn computes them; NaN where it warns that one is undefined."""

    def value(function, *arguments, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                return function(*arguments, **options)
            except (Warning, ValueError):
                return np.nan

    both_classes = 0 < truth.sum() < len(truth)
    both_calls = 0 < decision.sum() < len(decision)
    nan = float("nan")
    return {
        "accuracy": sk.accuracy_score(truth, decision),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, decision) if both_classes else nan,
        "sensitivity": value(sk.recall_score, truth, decision, zero_division=nan),
        "specificity": value(sk.recall_score, truth, decision, pos_label=0, zero_division=nan),
        "ppv": value(sk.precision_score, truth, decision, zero_division=nan),
        "npv": value(sk.precision_score, truth, decision, pos_label=0, zero_division=nan),
        "f1": value(sk.f1_score, truth, decision, zero_division=nan),
        "auroc": sk.roc_auc_score(truth, probability) if both_classes else nan,
        "average_precision": sk.average_precision_score(truth, probability) if truth.any() else nan,
        "mcc": sk.matthews_corrcoef(truth, decision) if both_classes and both_calls else nan,
        "brier": sk.brier_score_loss(truth, probability) if both_classes else np.mean((truth - probability) ** 2),
    }


@settings(max_examples=80, deadline=None)
@given(random_outcomes())
def test_agrees_with_scikit_learn(outcomes):
    """To 1e-12, ties and missing classes included; undefined where scikit-learn would warn and say 0."""
    expected = scikit_learn(outcomes.truth, outcomes.probability, outcomes.decision)
    found = values(outcomes)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-12, err_msg=name)


@settings(max_examples=40, deadline=None)
@given(random_outcomes(finding=0))
def test_of_the_normal_label_agrees_with_scikit_learn(outcomes):
    """For N, rates are of the value 0 (abnormal), F1 and average precision of both values."""
    of_normal = scikit_learn(outcomes.truth, outcomes.probability, outcomes.decision)
    of_abnormal = scikit_learn(1 - outcomes.truth, 1 - outcomes.probability, 1 - outcomes.decision)
    # 1 - p rounds, and can tie what was apart: the ranking of the abnormal is that of -p.
    if (outcomes.truth == 0).any():
        of_abnormal["average_precision"] = sk.average_precision_score(1 - outcomes.truth, -outcomes.probability)
    found = values(outcomes)
    assert list(found) == list(METRIC_NAMES)
    symmetric = ("accuracy", "balanced_accuracy", "auroc", "mcc", "brier")
    for name in ("f1", "average_precision", *symmetric):
        np.testing.assert_allclose(found[name], of_normal[name], rtol=0, atol=1e-12, err_msg=name)
    for name in ("sensitivity", "specificity", "ppv", "npv"):
        np.testing.assert_allclose(found[name], of_abnormal[name], rtol=0, atol=1e-12, err_msg=name)
    for name in ("f1", "average_precision"):
        np.testing.assert_allclose(found[f"{name}_abnormal"], of_abnormal[name], rtol=0, atol=1e-12, err_msg=name)


def test_an_all_abnormal_predictor_finds_every_sick_patient():
    """Published code had it inverted. 87 abnormal, 21 normal, P(normal) = 0 for all: sensitivity 1, specificity 0."""
    found = values(outcomes_of([0] * 87 + [1] * 21, [0.0] * 108, finding=0))
    assert found["sensitivity"] == 1
    assert found["specificity"] == 0
    assert found["accuracy"] == pytest.approx(87 / 108)
    assert found["balanced_accuracy"] == 0.5
    assert found["auroc"] == 0.5
    assert found["ppv"] == pytest.approx(87 / 108)
    assert found["f1"] == 0
    assert found["f1_abnormal"] == pytest.approx(2 * 87 / (2 * 87 + 21))
    assert np.isnan(found["npv"])
    assert np.isnan(found["mcc"])


def test_by_hand():
    """Five patients, worked out on paper.

    Truth 1 1 0 0 1 with probabilities .9 .4 .6 .4 .4: called are the first and the third. Of the
    six pairs (ill, well), .9 beats both, each .4 loses to .6 and ties with .4: (2 + 2 * 1/2) / 6.
    Thresholds .9, .6, .4 have recall 1/3, 1/3, 1 and precision 1, 1/2, 3/5.
    """
    found = values(outcomes_of([1, 1, 0, 0, 1], [0.9, 0.4, 0.6, 0.4, 0.4]))
    expected = {
        "auroc": 3 / 6,
        "average_precision": 1 / 3 * 1 + 2 / 3 * 3 / 5,
        "sensitivity": 1 / 3,
        "specificity": 1 / 2,
        "ppv": 1 / 2,
        "npv": 1 / 3,
        "accuracy": 2 / 5,
        "balanced_accuracy": 5 / 12,
        "f1": 2 / 5,
        "mcc": (1 * 1 - 1 * 2) / 6,
        "brier": (0.01 + 0.36 + 0.36 + 0.16 + 0.36) / 5,
    }
    assert found == pytest.approx(expected, abs=1e-15)


@settings(max_examples=30, deadline=None)
@given(random_outcomes(), st.data())
def test_a_weight_is_that_many_copies(outcomes, data):
    """Counting a patient w times is having w such patients, and w = 0 is not having them."""
    n = len(outcomes.truth)
    copies = data.draw(hnp.arrays(np.int64, n, elements=st.integers(0, 3)))
    weighted = metrics_of(outcomes, copies[:, np.newaxis].astype(float))
    which = np.repeat(np.arange(n), copies)
    plain = values(outcomes_of(outcomes.truth[which], outcomes.probability[which], outcomes.decision[which]))
    for name, value in plain.items():
        np.testing.assert_allclose(weighted[name][0], value, rtol=0, atol=1e-12, err_msg=name)


def test_a_patient_is_weighted_with_all_recordings():
    """Two recordings of p0 and one of p1: weights (2, 1) count 2 + 2 + 1 recordings."""
    outcomes = outcomes_of([1, 1, 0], [0.9, 0.2, 0.1], owner=[0, 0, 1])
    found = metrics_of(outcomes, np.array([[2.0], [1.0]]))
    assert found["sensitivity"][0] == 2 / 4
    assert found["accuracy"][0] == 3 / 5
    assert found["brier"][0] == pytest.approx((2 * 0.01 + 2 * 0.64 + 0.01) / 5)


def test_many_weightings_at_once_are_each_alone(rng):
    """Column by column the same numbers, across the borders of the blocks that are worked on together."""
    n = 3000
    outcomes = outcomes_of(rng.integers(0, 2, n), rng.random(n).round(2))
    weights = rng.integers(0, 4, (n, 50)).astype(float)
    together = metrics_of(outcomes, weights)
    for column in (0, 20, 21, 22, 49):
        alone = metrics_of(outcomes, weights[:, [column]])
        for name, value in alone.items():
            np.testing.assert_allclose(together[name][column], value[0], rtol=0, atol=1e-12, err_msg=name)


def test_nobody_has_no_metrics():
    """Without a single unit everything is undefined, nothing is 0."""
    found = metrics_of(outcomes_of([], []), np.ones((3, 2)))
    assert all(np.isnan(column).all() and column.shape == (2,) for column in found.values())


@pytest.mark.parametrize("function", [lambda p: p**3, lambda p: p / 2, np.exp])
def test_ranking_metrics_see_the_order_alone(rng, function):
    """Any increasing function of the probability leaves AUROC and average precision as they are."""
    truth, probability = rng.integers(0, 2, 200), rng.random(200)
    before, after = values(outcomes_of(truth, probability)), values(outcomes_of(truth, function(probability)))
    assert before["auroc"] == after["auroc"]
    assert before["average_precision"] == after["average_precision"]
