"""Logistic regression as a head."""

from __future__ import annotations

import numpy as np

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
