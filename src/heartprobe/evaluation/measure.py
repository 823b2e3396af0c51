"""The `levels` of `report.json`, computed from nothing but `predictions.csv`.

    measure(read_predictions(run / "predictions.csv"), seed=42, draws=2000)["patient"]["labels"]["AS"]["auroc"]
    -> {"value": 0.97, "low": 0.93, "high": 0.99, "n": 108}

With several repeats, a metric is computed in each and averaged. Intervals are about patients, of
whom repeats add none: a draw of the bootstrap takes the same patients in all repeats, and an exact
interval counts each patient once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.evaluation.bootstrap import Resamples
from heartprobe.evaluation.classification_report import classification_report
from heartprobe.evaluation.intervals import Interval, bootstrap_interval, clopper_pearson
from heartprobe.evaluation.metrics import METRIC_NAMES, PROPORTIONS, Counts, Outcomes, metrics_of
from heartprobe.evaluation.prediction_checks import LEVELS, Level
from heartprobe.evaluation.ranking import Columns
from heartprobe.evaluation.reasons import why_undefined
from heartprobe.labels import LABELS, finding_value

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


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """A label, or several pooled, in every repeat.

    Attributes:
        label: `None` for several pooled.
        units: `patients` or `recordings`.
        repeats: The outcomes of each repeat.
        resamples: Of the patients.
        counts: The confusion counts of the finding in each repeat.
        metrics: Of each repeat, by name.
    """

    label: str | None
    units: str
    repeats: Sequence[Outcomes]
    resamples: Resamples
    counts: Sequence[Counts]
    metrics: Sequence[dict[str, Columns]]

    @classmethod
    def of(cls, label: str | None, units: str, repeats: Sequence[Outcomes], resamples: Resamples) -> _Measured:
        counts = [outcomes.counts(resamples.weights, of="finding") for outcomes in repeats]
        metrics = [metrics_of(outcomes, resamples.weights) for outcomes in repeats]
        return cls(label, units, repeats, resamples, counts, metrics)

    def mean(self, metric: str) -> Columns:
        """Return the mean over repeats; NaN where it is undefined in any of them."""
        undefined = np.full_like(self.counts[0].total, np.nan)
        return np.asarray(np.mean([found.get(metric, undefined) for found in self.metrics], axis=0))

    def n(self, metric: str) -> float:
        """Return the mean over repeats of how many units stand in the denominator."""
        shares = [counts.shares() for counts in self.counts]
        bases = [share[metric][1] if metric in share else c.total for share, c in zip(shares, self.counts, strict=True)]
        return float(np.mean([base[0] for base in bases]))

    def reason(self, metric: str) -> str:
        """Return why the metric is undefined, in the first repeat in which it is."""
        undefined = [i for i, found in enumerate(self.metrics) if metric not in found or np.isnan(found[metric][0])]
        first = undefined[0]
        reason = why_undefined(metric, self.label, self.repeats[first], self.counts[first], self.units)
        return reason if len(self.metrics) == 1 else f"in {len(undefined)} of {len(self.metrics)} repeats {reason}"

    def confusion(self) -> JSONObject:
        """Return the counts of the finding, as their mean over repeats where there are several."""
        cells = ("tn", "fp", "fn", "tp")
        return {cell: _number(np.mean([getattr(counts, cell)[0] for counts in self.counts])) for cell in cells}


def _measure_level(rows: pd.DataFrame, owners: NDArray[np.intp], level: Level, resamples: Resamples) -> JSONObject:
    labels = sorted(rows["label"].unique(), key=_declared_order)
    repeats = [
        {label: _outcomes(rows, owners, repeat, label) for label in labels}
        for repeat in sorted(rows["repeat"].unique())
    ]
    by_label = {label: _Measured.of(label, f"{level}s", [r[label] for r in repeats], resamples) for label in labels}
    pooled = [Outcomes.pooled(list(outcomes.values())) for outcomes in repeats]
    micro = _Measured.of(None, f"pairs of label and {level}", pooled, resamples)
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


def _outcomes(rows: pd.DataFrame, owners: NDArray[np.intp], repeat: int, label: str) -> Outcomes:
    """Return what one repeat knows about a label; rows of unknown truth are left out."""
    is_counted = ((rows["repeat"] == repeat) & (rows["label"] == label) & rows["truth"].notna()).to_numpy()
    counted = rows[is_counted]
    return Outcomes(
        truth=counted["truth"].to_numpy(np.int8),
        probability=counted["probability"].to_numpy(np.float64),
        decision=counted["decision"].to_numpy(np.int8),
        finding=np.full(len(counted), finding_value(label), dtype=np.int8),
        owner=owners[is_counted],
    )


def _declared_order(label: str) -> tuple[int, str]:
    return (LABELS.index(label) if label in LABELS else len(LABELS), label)


def _names(label: str | None) -> list[str]:
    is_normal = label is not None and finding_value(label) == 0
    return [name for name in METRIC_NAMES if is_normal or name not in _OF_NORMAL_ALONE]


def _entry(measured: _Measured, metric: str, *, is_exact: bool) -> JSONObject:
    value, draws, without_one = measured.resamples.parts(measured.mean(metric))
    n = measured.n(metric)
    if np.isnan(value):
        return {"value": None, "reason": measured.reason(metric)}
    if is_exact and metric in PROPORTIONS:
        return _with_interval(value, clopper_pearson(_whole(value * n), n), n)
    return _with_interval(value, bootstrap_interval(value, draws, without_one), n)


def _macro_entry(by_label: dict[str, _Measured], metric: str, resamples: Resamples) -> JSONObject:
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
    entry = {"value": value, "low": interval.low, "high": interval.high, "n": _number(n)}
    return entry if interval.reason is None else {**entry, "reason": interval.reason}


def _whole(count: float) -> float:
    """Return a count free of the rounding that a division and a multiplication have left."""
    return round(count) if abs(count - round(count)) < 1e-9 else count


def _number(value: float) -> int | float:
    return int(value) if float(value).is_integer() else float(value)
