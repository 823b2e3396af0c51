from __future__ import annotations

import math

import numpy as np
import pytest

from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities


def test_recordings_are_means_of_their_windows():
    """In the order of their first window; a label that a window lacks is unknown for the recording."""
    windows = WindowProbabilities(("b", "a", "b"), np.array([[0.2, 0.1], [0.5, 0.5], [0.4, math.nan]]))
    ids, probabilities = windows.of_recordings()
    assert ids == ("b", "a")
    np.testing.assert_allclose(probabilities, [[0.3, math.nan], [0.5, 0.5]])


def test_some_labels_in_another_order():
    windows = WindowProbabilities(("a",), np.array([[0.1, 0.2, 0.3]]))
    assert windows.of_labels([2, 0]).probabilities.tolist() == [[0.3, 0.1]]


def test_windows_without_a_recording_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 1\) do not belong to 1 windows"):
        WindowProbabilities(("a",), np.zeros((2, 1)))
