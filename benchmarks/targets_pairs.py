"""AUROCs of several variants, measured and resampled with the same recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

DRAWS, SEED = 2000, 42


def require_same_recordings(place: str, found: Mapping[str, Mapping[str, Any]]) -> None:
    """End in a sentence where variants were not measured with the same recordings of a place, in the same order."""
    first, *others = found
    for other in others:
        for key in ("recordings", "abnormal"):
            if found[other][key] != found[first][key]:
                raise SystemExit(
                    f"{first!r} and {other!r} differ in the {key} of {place}, so that nothing can be paired; measure "
                    "them on the same data."
                )


def draws(sites: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Return AUROCs, `(1 + DRAWS, sites)`: as measured, then of resampled recordings, the same for every variant."""
    found = []
    for site in sites:
        ill, findings = np.array(site["abnormal"]), np.array(site["findings"])
        rng, parts = np.random.default_rng(SEED), (np.flatnonzero(ill), np.flatnonzero(~ill))
        chosen = [np.arange(len(ill)), *(np.concatenate([rng.choice(p, len(p)) for p in parts]) for _ in range(DRAWS))]
        found.append([roc_auc_score(ill[rows], findings[rows]) for rows in chosen])
    return np.array(found).T


def entry(values: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(values[1:], (0.025, 0.975))
    return {"value": float(values[0]), "low": float(low), "high": float(high)}
