"""Fitting the `linear` head: one L2-regularised logistic regression per label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heartprobe.models.linear_head import LinearHead
from heartprobe.models.standardiser import Standardiser
from heartprobe.training.logistic import PrincipalAxes, fit_logistic
from heartprobe.training.window_rows import row_shares, target_weights


def fit_linear_heads(
    features: NDArray[np.float32],
    targets: NDArray[np.float64],
    recording_ids: Sequence[str] | NDArray[np.str_],
    labels: Sequence[str],
    strengths: Sequence[float],
    *,
    class_weights: bool,
    sites: Sequence[str] | NDArray[np.str_] | None = None,
) -> list[LinearHead]:
    """Return one head per regularisation strength, all fitted on the same rows.

    Args:
        features: `(n, d)`, not standardised.
        targets: `(n, labels)`: 1, 0 or NaN. The regression of a label that shows one class only
            means nothing.
        recording_ids: The recording of each row; each counts the same however many rows it has.
        labels: Names of the columns of `targets`.
        strengths: Inverse regularisation strengths C, each relative to one recording, as in
            scikit-learn.
        class_weights: Whether the classes of each label are balanced.
        sites: The site of each row, where sites are balanced within each class.
    """
    standardiser = Standardiser.fit(features, row_shares(recording_ids))
    axes = PrincipalAxes.of(standardiser(features))
    weights = target_weights(targets, recording_ids, class_weights=class_weights, sites=sites)
    every_weight = np.concatenate([strength * weights for strength in strengths], axis=1)
    fit = fit_logistic(axes, np.tile(targets, (1, len(strengths))), every_weight)
    by_strength = zip(
        np.split(fit.coefficients.T, len(strengths)), np.split(fit.intercepts, len(strengths)), strict=True
    )
    return [LinearHead(tuple(labels), standardiser, np.ascontiguousarray(w), b) for w, b in by_strength]
