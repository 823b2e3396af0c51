from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heartprobe.evaluation.quality.finding_answers import patient_answers


@pytest.fixture
def answers_of(predictions_with):
    """Answers from plain lists, one list per label."""

    def answers(truth, probability, labels=("AS",), **columns):
        rows = predictions_with(np.array(truth).T, np.array(probability, float).T, labels).assign(**columns)
        return patient_answers(rows, seed=0, draws=10)

    return answers


def test_a_normal_heart_is_no_finding(answers_of):
    """For N everything is turned round; for a lesion it stays."""
    found = answers_of([[1, 0], [1, 0]], [[0.75, 0.25], [0.75, 0.25]], ("N", "AS"), uncalibrated=0.125)
    normal, lesion = found["N"].repeats[0], found["AS"].repeats[0]
    assert normal.is_ill.tolist() == [False, True]
    assert normal.probability.tolist() == [0.25, 0.75]
    assert normal.uncalibrated.tolist() == [0.875, 0.875]
    assert normal.is_declared.tolist() == [False, True]
    assert lesion.is_ill.tolist() == [True, False]
    assert lesion.probability.tolist() == [0.75, 0.25]
    assert lesion.uncalibrated.tolist() == [0.125, 0.125]
    assert lesion.is_declared.tolist() == [True, False]
    # The threshold is one of P(finding) for every label.
    assert normal.threshold.tolist() == lesion.threshold.tolist() == [0.5, 0.5]


def test_probabilities_that_1_minus_p_would_tie_keep_their_order(answers_of):
    """Two hearts that are surely abnormal, one a little more surely."""
    (normal,) = answers_of([[0, 0]], [[1e-20, 1e-19]], ("N",))["N"].repeats
    assert normal.probability[0] == normal.probability[1]
    assert normal.rank[0] > normal.rank[1]


def test_unknown_truth_and_recordings_are_left_out(predictions_with):
    """Three patients, one of unknown truth, and their recordings: two answers, of the first and the third."""
    truth, probability = np.array([[1.0], [np.nan], [0.0]]), np.array([[0.9], [0.8], [0.1]])
    levels = [predictions_with(truth, probability, ("AS",), level=level) for level in ("patient", "recording")]
    repeated = patient_answers(pd.concat(levels, ignore_index=True), seed=0, draws=10)["AS"]
    assert repeated.repeats[0].owner.tolist() == [0, 2]
    assert repeated.n == 2
    assert repeated.resamples.weights.shape == (3, 1 + 10 + 3)


@pytest.mark.parametrize(
    ("label", "truth", "reason"),
    [
        ("AS", [1, 0], None),
        ("AS", [1, 1], "none of the patients is negative for AS"),
        ("AS", [0, 0], "none of the patients is positive for AS"),
        ("N", [1, 1], "none of the patients is abnormal"),
        ("N", [0, 0], "none of the patients is normal"),
        ("N", [np.nan, np.nan], "the truth is unknown for all patients"),
    ],
)
def test_a_missing_class_is_named(answers_of, label, truth, reason):
    """In the words of the label."""
    assert answers_of([truth], [[0.5, 0.5]], (label,))[label].lacks_class() == reason
