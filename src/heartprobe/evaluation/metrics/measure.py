"""The `levels` of `report.json`, computed from nothing but `predictions.csv`.

    measure(read_predictions(run / "predictions.csv"), seed=42, draws=2000)["patient"]["labels"]["AS"]["auroc"]
    -> {"value": 0.97, "low": 0.93, "high": 0.99, "n": 108}

With several repeats, a metric is computed in each and averaged. Intervals are about patients, of
whom repeats add none: a draw of the bootstrap takes the same patients in all repeats, and an exact
interval counts each patient once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.classification_report import classification_report
from heartprobe.evaluation.metrics.entries import JSONObject, macro_metric_entry, metric_entry
from heartprobe.evaluation.metrics.formulas import METRIC_NAMES, Outcomes
from heartprobe.evaluation.metrics.measured import Measured, declared_order, outcomes_of
from heartprobe.evaluation.predictions.checks import LEVELS, Level
from heartprobe.labels import finding_value

_OF_NORMAL_ALONE: Final = ("f1_abnormal", "average_precision_abnormal")


def measure(predictions: pd.DataFrame, *, seed: int, draws: int) -> JSONObject:
    """Return every metric with its interval, for each level that the predictions have.

    Args:
        predictions: As `read_predictions` returns them.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        By level: `patients`, `units` and `repeats`; `labels`, by label and metric, with the
        `confusion` counts of the finding; `macro` and `micro`; `classification_report`. Numbers,
        strings, lists and `None` only, so that it can be written as JSON.
    """
    patients = sorted(predictions["patient_id"].unique())
    resamples = Resamples.of(len(patients), draws=draws, seed=seed)
    row_of = {patient: row for row, patient in enumerate(patients)}
    owners = predictions["patient_id"].map(row_of).to_numpy(np.intp)
    return {
        level: _measure_level(predictions[is_level], owners[is_level.to_numpy()], level, resamples)
        for level in LEVELS
        if (is_level := predictions["level"] == level).any()
    }


def _measure_level(rows: pd.DataFrame, owners: NDArray[np.intp], level: Level, resamples: Resamples) -> JSONObject:
    labels = sorted(rows["label"].unique(), key=declared_order)
    repeats = [
        {label: outcomes_of(rows, owners, repeat, label) for label in labels}
        for repeat in sorted(rows["repeat"].unique())
    ]
    by_label = {label: Measured.of(label, f"{level}s", [r[label] for r in repeats], resamples) for label in labels}
    pooled = [Outcomes.pooled(list(outcomes.values())) for outcomes in repeats]
    micro = Measured.of(None, f"pairs of label and {level}", pooled, resamples)
    # Recordings of a patient, and labels of a patient, are no independent trials: nothing is exact there.
    is_exact = level == "patient"
    return {
        "patients": int(rows["patient_id"].nunique()),
        "units": len(rows[["patient_id", "recording_id"]].drop_duplicates()),
        "repeats": len(repeats),
        "labels": {
            label: {
                **{name: metric_entry(measured, name, is_exact=is_exact) for name in _names(label)},
                "confusion": measured.confusion(),
            }
            for label, measured in by_label.items()
        },
        "macro": {name: macro_metric_entry(by_label, name, resamples) for name in _names(None)},
        "micro": {name: metric_entry(micro, name, is_exact=False) for name in _names(None)},
        "classification_report": classification_report(repeats),
    }


def _names(label: str | None) -> list[str]:
    is_normal = label is not None and finding_value(label) == 0
    return [name for name in METRIC_NAMES if is_normal or name not in _OF_NORMAL_ALONE]
