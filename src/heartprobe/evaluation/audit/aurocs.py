"""The AUROC of every label over patients, without the rest of what a report measures."""

from __future__ import annotations

import pandas as pd

from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.metrics.measure import measure


def patient_aurocs(predictions: pd.DataFrame, *, seed: int, draws: int) -> JSONObject:
    """Return `labels` and `macro` with their AUROC.

    Args:
        predictions: As `read_predictions` returns them.
        seed: Of the bootstrap.
        draws: Of the bootstrap.
    """
    patient = measure(predictions[predictions["level"] == "patient"], seed=seed, draws=draws)["patient"]
    return {
        "labels": {label: {"auroc": metrics["auroc"]} for label, metrics in patient["labels"].items()},
        "macro": {"auroc": patient["macro"]["auroc"]},
    }
