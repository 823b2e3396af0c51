from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartprobe.evaluation.predictions.aggregate import RULES, patient_probabilities, recording_probabilities


def test_windows_are_averaged_per_recording():
    """The recordings keep the order of their first window, wherever their other windows stand."""
    windows = np.array([[0.2, 1.0], [0.4, 0.0], [0.6, 0.5]])
    ids, probabilities = recording_probabilities(windows, ["b", "a", "b"])
    assert ids == ("b", "a")
    np.testing.assert_allclose(probabilities, [[0.4, 0.75], [0.4, 0.0]], rtol=1e-15)


@pytest.mark.parametrize(
    ("rule", "normal", "stenosis"),
    [
        ("mean", (0.9 + 0.8 + 0.1) / 3, (0.1 + 0.2 + 0.9) / 3),
        ("median", 0.8, 0.2),
        ("max", 0.1, 0.9),
        ("noisy-or", 0.9 * 0.8 * 0.1, 1 - 0.9 * 0.8 * 0.1),
    ],
)
def test_rules_are_about_the_finding(rule, normal, stenosis):
    """`max` is the most abnormal recording: the smallest probability of a normal heart."""
    recordings = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    ids, probabilities = patient_probabilities(recordings, ["p", "p", "p"], ("N", "AS"), rule)
    assert ids == ("p",)
    np.testing.assert_allclose(probabilities, [[normal, stenosis]], rtol=1e-14)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from(sorted(RULES)))
def test_every_rule_stays_a_probability_and_treats_normal_as_the_opposite(values, rule):
    """For P(finding) and P(normal) = 1 - P(finding) alike, the two answers add up to 1."""
    findings = np.array(values)[:, np.newaxis]
    _, of_lesion = patient_probabilities(findings, ["p"] * len(values), ("AS",), rule)
    _, of_normal = patient_probabilities(1 - findings, ["p"] * len(values), ("N",), rule)
    assert 0 <= of_lesion[0, 0] <= 1
    assert of_lesion[0, 0] + of_normal[0, 0] == pytest.approx(1, abs=1e-12)


def test_a_patient_with_one_recording_keeps_its_probabilities_to_the_last_bit():
    """The mean of one recording is that recording, for N as well."""
    recordings = np.array([[0.1 + 0.2, 0.7]])
    _, probabilities = patient_probabilities(recordings, ["p"], ("N", "AS"), "mean")
    assert probabilities.tolist() == recordings.tolist()


def test_nobody_is_no_error():
    """No windows, no recordings."""
    ids, probabilities = recording_probabilities(np.empty((0, 2)), [])
    assert ids == ()
    assert probabilities.shape == (0, 2)


def test_ids_must_belong_to_the_rows():
    """A table of another length is refused instead of being cut."""
    with pytest.raises(ValueError, match="3 rows of probabilities do not belong to 2 ids"):
        recording_probabilities(np.zeros((3, 1)), ["a", "b"])
