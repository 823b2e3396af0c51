"""Zero mean and unit variance, learned from weighted rows."""

from __future__ import annotations

import numpy as np

from heartprobe.models import Standardiser


def test_mean_and_scale_are_those_of_the_weighted_rows() -> None:
    """A row that counts three times is as good as three rows."""
    standardiser = Standardiser.fit(np.array([[1.0], [5.0]]), np.array([3.0, 1.0]))
    assert standardiser.mean.tolist() == [2.0]
    assert standardiser.scale.tolist() == [np.sqrt(3.0)]
    assert np.allclose(standardiser(np.array([[2.0], [2.0 + np.sqrt(3.0)]])), [[0.0], [1.0]])


def test_a_column_that_never_changes_becomes_zero() -> None:
    """It is not divided by nothing, nor by the rounding error of a tenth."""
    rows = np.array([[0.1, 7.0, 0.0], [0.1, 9.0, 0.0], [0.1, 11.0, 0.0]], dtype=np.float32)
    standardiser = Standardiser.fit(rows, np.ones(3))
    assert standardiser.scale[[0, 2]].tolist() == [1.0, 1.0]
    assert np.abs(standardiser(rows)[:, [0, 2]]).max() < 1e-7


def test_rounding_is_not_raised_to_unit_variance() -> None:
    """Usual is the size of the middle column, 10: a deviation of 0.002 counts, one of 0.0005 does not."""
    sign = np.array([[1.0], [-1.0]])
    rows = np.array([[0.0, 10.0, 20.0]]) + sign * np.array([[0.0005, 0.0, 0.002]])
    standardiser = Standardiser.fit(rows, np.ones(2))
    assert np.allclose(standardiser.scale, [1.0, 1.0, 0.002], rtol=1e-9)
    assert np.allclose(standardiser(rows), sign * [[0.0005, 0.0, 1.0]], rtol=1e-9)


def test_columns_that_are_all_nothing_stay_nothing() -> None:
    rows = np.zeros((4, 3), dtype=np.float32)
    assert Standardiser.fit(rows, np.ones(4))(rows).tolist() == rows.tolist()


def test_it_comes_back_from_its_tensors_to_the_last_bit(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(20, 5))
    before = Standardiser.fit(rows, np.ones(20))
    after = Standardiser.from_tensors(before.tensors())
    assert (after(rows) == before(rows)).all()
