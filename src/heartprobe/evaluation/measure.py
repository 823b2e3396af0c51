"""The `levels` of `report.json`, computed from nothing but `predictions.csv`.

    measure(read_predictions(run / "predictions.csv"), seed=42, draws=2000)["patient"]["labels"]["AS"]["auroc"]
    -> {"value": 0.97, "low": 0.93, "high": 0.99, "n": 108}

With several repeats, a metric is computed in each and averaged. Intervals are about patients, of
whom repeats add none: a draw of the bootstrap takes the same patients in all repeats, and an exact
interval counts each patient once.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.evaluation.bootstrap import Resamples
from heartprobe.evaluation.classification_report import classification_report
from heartprobe.evaluation.intervals import Interval, bootstrap_interval, clopper_pearson
from heartprobe.evaluation.measured import Measured, declared_order, outcomes_of, whole_number
from heartprobe.evaluation.metrics import METRIC_NAMES, PROPORTIONS, Outcomes
from heartprobe.evaluation.prediction_checks import LEVELS, Level
from heartprobe.labels import finding_value

JSONObject = dict[str, Any]

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
                **{name: _entry(measured, name, is_exact=is_exact) for name in _names(label)},
                "confusion": measured.confusion(),
            }
            for label, measured in by_label.items()
        },
        "macro": {name: _macro_entry(by_label, name, resamples) for name in _names(None)},
        "micro": {name: _entry(micro, name, is_exact=False) for name in _names(None)},
        "classification_report": classification_report(repeats),
    }


def _names(label: str | None) -> list[str]:
    is_normal = label is not None and finding_value(label) == 0
    return [name for name in METRIC_NAMES if is_normal or name not in _OF_NORMAL_ALONE]


def _entry(measured: Measured, metric: str, *, is_exact: bool) -> JSONObject:
    value, draws, without_one = measured.resamples.parts(measured.mean(metric))
    n = measured.n(metric)
    if np.isnan(value):
        return {"value": None, "reason": measured.reason(metric)}
    if is_exact and metric in PROPORTIONS:
        return _with_interval(value, clopper_pearson(_whole(value * n), n), n)
    return _with_interval(value, bootstrap_interval(value, draws, without_one), n)


def _macro_entry(by_label: dict[str, Measured], metric: str, resamples: Resamples) -> JSONObject:
    """Return the unweighted mean over the labels that define the metric, and which do not."""
    columns = {label: measured.mean(metric) for label, measured in by_label.items()}
    defined = [label for label, values in columns.items() if not np.isnan(values[0])]
    if not defined:
        reasons = "; ".join(f"{label}: {measured.reason(metric)}" for label, measured in by_label.items())
        return {"value": None, "reason": reasons}
    value, draws, without_one = resamples.parts(np.mean([columns[label] for label in defined], axis=0))
    n = max(by_label[label].n("brier") for label in defined)
    entry = _with_interval(value, bootstrap_interval(value, draws, without_one), n)
    left_out = [label for label in columns if label not in defined]
    return {**entry, "left_out": left_out} if left_out else entry


def _with_interval(value: float, interval: Interval, n: float) -> JSONObject:
    entry = {"value": value, "low": interval.low, "high": interval.high, "n": whole_number(n)}
    return entry if interval.reason is None else {**entry, "reason": interval.reason}


def _whole(count: float) -> float:
    """Return a count free of the rounding that a division and a multiplication have left."""
    return round(count) if abs(count - round(count)) < 1e-9 else count
