"""Logistic regression as a head."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.models import LinearHead, Standardiser

#: (x0 - 1) / 2 and x1 / 1; the logits are their sum, and three times the second less one.
HEAD = LinearHead(
    labels=("N", "AS"),
    standardiser=Standardiser(np.array([1.0, 0.0]), np.array([2.0, 1.0])),
    coefficients=np.array([[1.0, 1.0], [0.0, 3.0]]),
    intercepts=np.array([0.0, -1.0]),
)


def test_probabilities_are_the_logistic_function_of_standardised_features() -> None:
    """The features (5, 0) are standardised to (2, 0): the logits are 2 and -1."""
    probabilities = HEAD.probabilities(np.array([[5.0, 0.0]], dtype=np.float32))
    assert np.allclose(probabilities, [[0.88079708, 0.26894142]], atol=1e-8)


def test_huge_features_give_probabilities_of_zero_and_one() -> None:
    """No overflow, no NaN."""
    probabilities = HEAD.probabilities(np.array([[3e30, 3e30], [-3e30, -3e30]], dtype=np.float32))
    assert probabilities.tolist() == [[1.0, 1.0], [0.0, 0.0]]


def test_a_row_does_not_depend_on_its_company(rng: np.random.Generator) -> None:
    """Alone or among a thousand, a window has the same probability to the last bit."""
    width = 300
    head = LinearHead(
        ("N", "AS", "AR"),
        Standardiser(rng.normal(size=width), rng.uniform(0.5, 2, size=width)),
        rng.normal(size=(3, width)),
        rng.normal(size=3),
    )
    features = rng.normal(size=(1000, width)).astype(np.float32)
    together = head.probabilities(features)
    assert all((head.probabilities(features[i : i + 1])[0] == together[i]).all() for i in (0, 17, 999))


def test_no_rows_give_no_probabilities() -> None:
    assert HEAD.probabilities(np.empty((0, 2), dtype=np.float32)).shape == (0, 2)


def test_features_may_come_in_blocks_of_columns() -> None:
    """(5, 0) as 5 and 0: the same log odds of 2 and -1."""
    blocks = [np.array([[5.0]], dtype=np.float32), np.array([[0.0]], dtype=np.float32)]
    assert HEAD.log_odds(blocks).tolist() == [[2.0, -1.0]]


def test_too_few_or_too_many_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="the features have 1 columns, but the head reads 2"):
        HEAD.log_odds([np.zeros((1, 1), dtype=np.float32)])
    with pytest.raises(ValueError, match="the features have 3 columns, but the head reads 2"):
        HEAD.log_odds([np.zeros((1, 1), dtype=np.float32)] * 3)


def test_the_average_of_heads_has_the_mean_of_their_log_odds(rng: np.random.Generator) -> None:
    """Three heads on four columns of their own each, and on two that all of them read."""
    blocks = [rng.normal(size=(7, 4)).astype(np.float32) for _ in range(3)]
    shared = rng.normal(size=(7, 2)).astype(np.float32)
    statistics = rng.normal(size=2), rng.uniform(0.5, 2, size=2)

    def make_head() -> LinearHead:
        mean, scale = (np.concatenate([rng.uniform(1, 2, size=4), of_shared]) for of_shared in statistics)
        return LinearHead(("N", "AS"), Standardiser(mean, scale), rng.normal(size=(2, 6)), rng.normal(size=2))

    heads = [make_head() for _ in blocks]
    expected = np.mean([head.log_odds([block, shared]) for head, block in zip(heads, blocks, strict=True)], axis=0)
    averaged = LinearHead.averaging(heads, n_shared=2)
    assert averaged.coefficients.shape == (2, 14)
    assert np.allclose(averaged.log_odds([*blocks, shared]), expected, atol=1e-12)


def test_heads_that_share_nothing_can_be_averaged() -> None:
    """Log odds of 2 and 0 make 1, and -1 and -1 make -1."""
    averaged = LinearHead.averaging([HEAD, HEAD], n_shared=0)
    assert averaged.log_odds([np.array([[5.0, 0.0, 1.0, 0.0]], dtype=np.float32)]).tolist() == [[1.0, -1.0]]
