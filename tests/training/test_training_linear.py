"""Fitting the `linear` head."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from heartprobe.training.linear import fit_linear_heads


@pytest.mark.parametrize("class_weights", [True, False])
def test_it_is_standardisation_and_logistic_regression_as_in_scikit_learn(
    rng: np.random.Generator, *, class_weights: bool
) -> None:
    """With one window per recording there is nothing else to it."""
    x = (rng.normal(size=(80, 20)) * rng.uniform(0.1, 9, size=20) + 5).astype(np.float32)
    y = (rng.normal(size=(80, 2)) + x[:, :2] > 6.0).astype(float)
    strengths = [0.01, 1.0]
    heads = fit_linear_heads(x, y, [str(i) for i in range(80)], ["N", "AS"], strengths, class_weights=class_weights)
    scaled = StandardScaler().fit_transform(x.astype(np.float64))
    for head, strength in zip(heads, strengths, strict=True):
        for label in range(2):
            weights = "balanced" if class_weights else None
            model = LogisticRegression(C=strength, class_weight=weights, max_iter=10_000, tol=1e-10)
            theirs = model.fit(scaled, y[:, label]).predict_proba(scaled)[:, 1]
            assert np.abs(head.probabilities(x)[:, label] - theirs).max() < 1e-4


def test_a_recording_counts_the_same_however_many_windows_it_has(rng: np.random.Generator) -> None:
    """Repeating all windows of one recording changes nothing."""
    x = rng.normal(size=(30, 4)).astype(np.float32)
    y = (x[:, :1] + rng.normal(size=(30, 1)) > 0).astype(float)
    ids = [f"{i // 2}" for i in range(30)]
    again = [*range(30), 0, 1, 0, 1]
    (once,) = fit_linear_heads(x, y, ids, ["N"], [0.1], class_weights=True)
    (repeated,) = fit_linear_heads(x[again], y[again], [ids[i] for i in again], ["N"], [0.1], class_weights=True)
    assert np.abs(once.probabilities(x) - repeated.probabilities(x)).max() < 1e-4
