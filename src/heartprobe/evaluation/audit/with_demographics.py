"""The model that hears only beside the same model that is told age, sex, smoking and residence as well."""

from __future__ import annotations

import pandas as pd

from heartprobe.evaluation.audit.aurocs import patient_aurocs
from heartprobe.evaluation.comparison.compare import compare
from heartprobe.evaluation.metrics.entries import JSONObject

AUDIO_ONLY, WITH_DEMOGRAPHICS = "audio_only", "audio_and_demographics"


def with_demographics(
    predictions: pd.DataFrame, companion: pd.DataFrame | str, *, is_told: bool, seed: int, draws: int
) -> JSONObject:
    """Return the AUROC of both and their paired difference, per patient.

    Args:
        predictions: Of the model that the report is about.
        companion: Of the other one, on the same patients in the same splits; or the reason why
            there is none.
        is_told: Whether it is the model of the report that is told demographics.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        `used`, the AUROC of `audio_only` and of `audio_and_demographics`, and the `difference`,
        with demographics minus without; or the `reason`.
    """
    if isinstance(companion, str):
        return {"reason": companion}
    alone, told = (companion, predictions) if is_told else (predictions, companion)
    found = compare(
        alone, told, level="patient", seed=seed, draws=draws, names=("Audio only", "audio and demographics")
    )
    return {
        "used": WITH_DEMOGRAPHICS if is_told else AUDIO_ONLY,
        AUDIO_ONLY: patient_aurocs(alone, seed=seed, draws=draws),
        WITH_DEMOGRAPHICS: patient_aurocs(told, seed=seed, draws=draws),
        "difference": {
            "labels": {label: entries["auroc"] for label, entries in found["labels"].items()},
            "macro": found["macro"]["auroc"],
        },
    }
