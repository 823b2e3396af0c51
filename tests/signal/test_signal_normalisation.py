"""Tests of offset removal and normalisation."""

from __future__ import annotations

import numpy as np

from heartprobe.signal.normalisation import normalise, remove_offset

#: Mean 3, deviations -2, 0, 0, 2 and 0: variance 8 / 5.
FIVE = np.array([1.0, 3.0, 3.0, 5.0, 3.0])


def test_the_mean_is_removed() -> None:
    """Only the mean."""
    assert remove_offset(FIVE).tolist() == [-2.0, 0.0, 0.0, 2.0, 0.0]


def test_standard_gives_unit_variance_of_the_population() -> None:
    """2 / sqrt(8 / 5) is 1.5811."""
    np.testing.assert_allclose(normalise(FIVE, "standard"), [-1.58113883, 0, 0, 1.58113883, 0], rtol=1e-8)


def test_peak_gives_a_largest_magnitude_of_one() -> None:
    """The peak is measured without the offset."""
    assert normalise(np.array([1.0, 1.0, 1.0, -3.0]), "peak").tolist() == [1 / 3, 1 / 3, 1 / 3, -1.0]


def test_none_removes_the_offset_alone() -> None:
    """The loudness stays."""
    assert normalise(FIVE, "none").tolist() == [-2.0, 0.0, 0.0, 2.0, 0.0]


def test_the_input_is_left_alone() -> None:
    """Normalising works on a copy."""
    for how in ("standard", "peak", "none"):
        samples = FIVE.copy()
        normalise(samples, how)
        assert samples.tolist() == FIVE.tolist()
