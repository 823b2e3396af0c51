from __future__ import annotations

import math

import numpy as np
import pytest

from heartprobe.data.split import Split
from heartprobe.errors import SplitError
from heartprobe.evaluation.predictions.answer_rows import patient_rows, recording_rows
from heartprobe.evaluation.predictions.answers import fixed_answers

SPLIT = Split(repeat=1, fold=2, train_only=("t",), validation_folds=(("v",),), test=("a", "b"))


@pytest.fixture
def recordings(recordings_with):
    """Patients a and b of two recordings; the AS of b is unknown."""
    labels = {"a": {"N": 0, "AS": 1}, "b": {"N": 1, "AS": None}, "t": {"N": 1, "AS": 0}, "v": {"N": 1, "AS": 0}}
    return recordings_with(labels, n_recordings=2)


def test_rows_of_patients_by_hand(recordings):
    """The threshold is about the finding: P(normal) of 0.6 is P(abnormal) of 0.4, which reaches 0.4."""
    answers = fixed_answers(np.array([[0.625, 0.5], [0.75, 0.25]]), ("N", "AS"), threshold=0.375)
    rows = patient_rows(SPLIT, recordings, ("N", "AS"), answers, ["a", "b"])
    assert rows["patient_id"].tolist() == ["a", "a", "b", "b"]
    assert rows["label"].tolist() == ["N", "AS", "N", "AS"]
    assert rows["decision"].tolist() == [0, 1, 1, 0]
    assert rows["probability"].tolist() == rows["uncalibrated"].tolist() == [0.625, 0.5, 0.75, 0.25]
    np.testing.assert_array_equal(rows["truth"], [0, 1, 1, math.nan])
    assert set(rows["threshold"]) == {0.375}
    assert set(rows["uncertain"]) == {0}
    assert (set(rows["repeat"]), set(rows["fold"]), set(rows["level"]), set(rows["recording_id"])) == (
        {1},
        {2},
        {"patient"},
        {""},
    )


def test_rows_of_recordings_name_their_patient(recordings):
    answers = fixed_answers(np.array([[0.5], [0.25], [1.0]]), ("N",))
    rows = recording_rows(SPLIT, recordings, ("N",), answers, ["a_1", "b_0", "b_1"])
    assert list(zip(rows["recording_id"], rows["patient_id"], rows["decision"], strict=True)) == [
        ("a_1", "a", 0),
        ("b_0", "b", 0),
        ("b_1", "b", 1),
    ]
    assert set(rows["level"]) == {"recording"}


def test_only_test_patients_are_predicted(recordings):
    """A validation patient is refused by name."""
    with pytest.raises(SplitError, match="Split 1/2 does not test v:"):
        recording_rows(SPLIT, recordings, ("N",), fixed_answers(np.array([[0.5]]), ("N",)), ["v_0"])


def test_no_test_patient_is_forgotten(recordings):
    """Leaving out whom a model fails on would flatter it."""
    with pytest.raises(SplitError, match="Split 1/2 tests b, but there are no predictions for them"):
        patient_rows(SPLIT, recordings, ("N",), fixed_answers(np.array([[0.5]]), ("N",)), ["a"])


@pytest.mark.parametrize("value", [math.nan, 1.5, -0.1])
def test_what_is_no_probability_is_refused(value):
    """A number that a model cannot mean never reaches the file."""
    with pytest.raises(ValueError, match="probability holds what is not a number between 0 and 1"):
        fixed_answers(np.array([[value]]), ("N",))


def test_answers_of_another_shape_are_refused(recordings):
    with pytest.raises(ValueError, match=r"the answers have shape \(2, 2\), not \(2, 1\)"):
        patient_rows(SPLIT, recordings, ("N",), fixed_answers(np.full((2, 2), 0.5), ("N", "AS")), ["a", "b"])
