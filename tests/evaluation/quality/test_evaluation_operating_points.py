from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from heartprobe.evaluation.quality.operating_points import Ranked

RANK = np.array([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1])
IS_ILL = np.array([1, 1, 0, 1, 0, 1, 0, 0], bool)

SPECIFICITY = np.linspace(1, 0, 21)
RECALL = np.linspace(0.05, 1, 20)


def ranked(rank, is_marked, weights=None) -> Ranked:
    rank, is_marked = np.asarray(rank, float), np.asarray(is_marked, bool)
    return Ranked.of(rank, is_marked, np.ones((len(rank), 1)) if weights is None else weights)


@st.composite
def samples(draw):
    """Ranks with ties, and both classes."""
    n = draw(st.integers(2, 40))
    truth = draw(hnp.arrays(bool, n))
    truth[0], truth[-1] = True, False
    return draw(hnp.arrays(float, n, elements=st.integers(0, 12).map(lambda k: k / 12))), truth


def test_sensitivity_by_hand():
    """Two of the four ill stand above all others; a third below one of the others; the fourth below two."""
    found = ranked(RANK, IS_ILL).sensitivity_at(np.array([1, 0.9, 0.75, 0.7, 0.5, 0]))[:, 0]
    assert found.tolist() == [0.5, 0.5, 0.75, 0.75, 1, 1]


def test_precision_by_hand():
    """The ill stand at places 1, 2, 4 and 6."""
    found = ranked(RANK, IS_ILL).precision_at(np.array([0.01, 0.25, 0.5, 0.51, 0.75, 1]))[:, 0]
    assert found.tolist() == [1, 1, 1, 3 / 4, 3 / 4, 4 / 6]


def test_share_by_hand():
    """Of the first so many, how many are marked: two of two, two of three, three of four, four of eight."""
    found = ranked(RANK, IS_ILL).share_at(np.array([0.25, 0.26, 0.375, 0.5, 1]))[:, 0]
    assert found.tolist() == [1, 2 / 3, 2 / 3, 3 / 4, 1 / 2]


def test_equal_ranks_are_one_threshold():
    """Nothing can be told from one rank for all: nobody declared, or everybody."""
    same = ranked([0.5] * 4, [1, 1, 1, 0])
    assert same.sensitivity_at(np.array([1, 0.5, 0]))[:, 0].tolist() == [0, 0, 1]
    assert same.precision_at(np.array([0.1, 1]))[:, 0].tolist() == [0.75, 0.75]


@settings(max_examples=80, deadline=None)
@given(samples())
def test_agrees_with_scikit_learn(sample):
    """Every point is one of `roc_curve` or `precision_recall_curve`: the best, or the strictest, that reaches it."""
    rank, truth = sample
    found = ranked(rank, truth)
    alarms, sensitivities, _ = roc_curve(truth, rank, drop_intermediate=False)
    expected = [sensitivities[alarms <= 1 - specificity + 1e-9].max() for specificity in SPECIFICITY]
    np.testing.assert_allclose(found.sensitivity_at(SPECIFICITY)[:, 0], expected, rtol=0, atol=1e-12)
    precisions, recalls, _ = precision_recall_curve(truth, rank)
    # Thresholds rise: the last that reaches a recall is the strictest.
    expected = [precisions[recalls >= recall - 1e-9][-1] for recall in RECALL]
    np.testing.assert_allclose(found.precision_at(RECALL)[:, 0], expected, rtol=0, atol=1e-12)


def test_areas(rng):
    """The area below a precision-recall curve is the average precision; below a ROC curve without ties, the AUROC."""
    truth = np.repeat([True, False], [50, 100])
    rank = rng.normal(truth, 1)
    found = ranked(rank, truth)
    # In the middle of each step there is no doubt about its height.
    steps = (np.arange(50) + 0.5) / 50
    assert found.precision_at(steps).mean() == pytest.approx(average_precision_score(truth, rank), abs=1e-12)
    steps = 1 - (np.arange(100) + 0.5) / 100
    assert found.sensitivity_at(steps).mean() == pytest.approx(roc_auc_score(truth, rank), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(samples(), st.data())
def test_a_weight_is_that_many_copies(sample, data):
    """Also where a class or everybody is left out: undefined, as without them."""
    rank, truth = sample
    copies = data.draw(hnp.arrays(np.int64, (len(rank), 2), elements=st.integers(0, 2)))
    weighted = ranked(rank, truth, copies.astype(float))
    for column in range(2):
        which = np.repeat(np.arange(len(rank)), copies[:, column])
        plain = ranked(rank[which], truth[which])
        for method, grid in (("sensitivity_at", SPECIFICITY), ("precision_at", RECALL), ("share_at", RECALL)):
            found, expected = getattr(weighted, method)(grid)[:, column], getattr(plain, method)(grid)[:, 0]
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12, err_msg=method)


def test_a_missing_class_is_undefined():
    """Without the well there is no specificity, without the ill no recall; a share needs anybody."""
    ill, well, nobody = ranked([0.3, 0.4], [1, 1]), ranked([0.3, 0.4], [0, 0]), ranked([], [])
    assert np.isnan(ill.sensitivity_at(SPECIFICITY)).all()
    assert np.isnan(well.sensitivity_at(SPECIFICITY)).all()
    assert np.isnan(well.precision_at(RECALL)).all()
    assert (well.share_at(RECALL) == 0).all()
    for method, grid in (("sensitivity_at", SPECIFICITY), ("precision_at", RECALL), ("share_at", RECALL)):
        assert np.isnan(getattr(nobody, method)(grid)).all()
