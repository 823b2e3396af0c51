from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import classification_report as scikit_learn_report

from heartprobe.evaluation.metrics.measure import measure


def report_of(predictions):
    return measure(predictions, seed=0, draws=100)["patient"]["classification_report"]


def test_the_binary_report_has_both_classes(predictions_with):
    """Abnormal (N = 0) and normal (N = 1), by hand: 3 abnormal of whom 2 found, 2 normal, both right."""
    truth = np.array([[0], [0], [0], [1], [1]])
    rows = report_of(predictions_with(truth, np.array([[0.1], [0.2], [0.9], [0.8], [0.7]]), ("N",)))
    assert rows == [
        {"class": "N = 0 (abnormal)", "precision": 1.0, "recall": 2 / 3, "f1": 4 / 5, "support": 3},
        {"class": "N = 1 (normal)", "precision": 2 / 3, "recall": 1.0, "f1": 4 / 5, "support": 2},
        {"class": "accuracy", "precision": 0.8, "recall": 0.8, "f1": 0.8, "support": 5},
        {
            "class": "macro average",
            "precision": pytest.approx(5 / 6),
            "recall": pytest.approx(5 / 6),
            "f1": 0.8,
            "support": 5,
        },
        {
            "class": "weighted average",
            "precision": pytest.approx((3 * 1 + 2 * 2 / 3) / 5),
            "recall": pytest.approx((3 * 2 / 3 + 2) / 5),
            "f1": pytest.approx(0.8),
            "support": 5,
        },
    ]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_agrees_with_scikit_learn(predictions_with, seed, n_labels):
    """Every row but the averages over undefined classes, which are left out here."""
    rng = np.random.default_rng(seed)
    labels = ("N", "AS", "MS")[:n_labels]
    truth, probability = rng.integers(0, 2, (25, n_labels)), rng.random((25, n_labels))
    truth[:2], probability[:2] = [[0] * n_labels, [1] * n_labels], [[0.1] * n_labels, [0.9] * n_labels]
    decision = (probability >= 0.5).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # samples without any label
        flat = (truth[:, 0], decision[:, 0]) if n_labels == 1 else (truth, decision)
        expected = scikit_learn_report(*flat, output_dict=True)
    names = {"micro average": "micro avg", "macro average": "macro avg", "weighted average": "weighted avg"}
    names |= {"N = 0 (abnormal)": "0"}
    names |= {"N = 1 (normal)": "1" if n_labels == 1 else "0"}
    names |= {"AS = 1 (aortic stenosis)": "1", "MS = 1 (mitral stenosis)": "2"}
    for row in report_of(predictions_with(truth, probability, labels)):
        if row["class"] == "accuracy":
            assert row["f1"] == pytest.approx(expected["accuracy"], abs=1e-12)
            continue
        other = expected[names[row["class"]]]
        found = [row[name] for name in ("precision", "recall", "f1", "support")]
        assert found == pytest.approx([other[n] for n in ("precision", "recall", "f1-score", "support")], abs=1e-12)


def test_a_class_that_was_never_declared_has_no_precision(predictions_with):
    """Its precision is null, and the averages are those of the others, not lowered by a 0."""
    truth = np.array([[1, 1], [0, 0], [1, 0]])
    rows = report_of(predictions_with(truth, np.array([[0.9, 0.1], [0.1, 0.1], [0.9, 0.2]]), ("AS", "MS")))
    by_class = {row["class"]: row for row in rows}
    assert by_class["MS = 1 (mitral stenosis)"] == {
        "class": "MS = 1 (mitral stenosis)",
        "precision": None,
        "recall": 0.0,
        "f1": 0.0,
        "support": 1,
    }
    assert by_class["macro average"]["precision"] == 1.0
    assert by_class["macro average"]["f1"] == 0.5
