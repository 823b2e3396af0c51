"""How a number stands in `report.json`: with its interval and what it is of, or null with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.formulas import PROPORTIONS
from heartprobe.evaluation.metrics.intervals import (
    Interval,
    bootstrap_interval,
    clopper_pearson,
    difference_interval,
    difference_p_value,
)
from heartprobe.evaluation.metrics.measured import Measured, whole_number

JSONObject = dict[str, Any]

#: Differences are rounded to so many digits: equal ones must tie, whatever order they were summed in.
_DIFFERENCE_DIGITS: Final = 12

#: Digits of the points of curves: more than a picture shows, fewer than would fill a report.
_CURVE_DIGITS: Final = 6


def undefined(reason: str) -> JSONObject:
    """Return the entry of what a sample cannot tell."""
    return {"value": None, "reason": reason}


def with_interval(value: float, interval: Interval, n: float) -> JSONObject:
    """Return the entry of a number; `reason` says why an interval is withheld."""
    entry = {"value": value, "low": interval.low, "high": interval.high, "n": whole_number(n)}
    return entry if interval.reason is None else {**entry, "reason": interval.reason}


def bootstrap_entry(columns: NDArray[np.float64], resamples: Resamples, n: float, reason: str | None) -> JSONObject:
    """Return the entry of a number with its bootstrap interval.

    Args:
        columns: The number for every column of the resamples; NaN where it is undefined.
        resamples: What it was computed from.
        n: How many units it is of.
        reason: Why it is undefined for the sample, where it is.
    """
    value, draws, without_one = resamples.parts(columns)
    if np.isnan(value):
        return undefined(reason or "it is undefined")
    return with_interval(value, bootstrap_interval(value, draws, without_one), n)


def difference_entry(columns: NDArray[np.float64], resamples: Resamples, n: float) -> JSONObject:
    """Return the entry of a difference that the sample defines."""
    value, draws, _ = resamples.parts(columns)
    return with_interval(value, difference_interval(draws), n)


def comparison_entry(
    baseline: NDArray[np.float64], run: NDArray[np.float64], resamples: Resamples, n: float, *, is_same: bool
) -> JSONObject:
    """Return the entry of a paired difference, run minus baseline, with its p-value and both sides.

    The same predictions differ by exactly nothing, and no other patients would change that. Other
    draws that all agree tell no interval, and so no p-value either.

    Args:
        baseline: For every column of the resamples; defined for the sample.
        run: The same of what is compared with it.
        resamples: What both were computed from.
        n: How many units both are of.
        is_same: Whether both were computed from the same predictions.
    """
    value, draws, _ = resamples.parts(np.round(run - baseline, _DIFFERENCE_DIGITS))
    interval = Interval(0.0, 0.0) if is_same else difference_interval(draws)
    entry = {
        "value": value,
        "low": interval.low,
        "high": interval.high,
        "p": None if interval.low is None else difference_p_value(draws),
        "n": whole_number(n),
        "baseline": float(baseline[0]),
        "run": float(run[0]),
    }
    return entry if interval.reason is None else {**entry, "reason": interval.reason}


def share_entry(share: float, n: float, reason: str | None) -> JSONObject:
    """Return the entry of a share of independent units with its exact interval.

    Args:
        share: NaN where it is undefined. With several repeats the mean over them.
        n: The units in the denominator. With several repeats the mean over them: repeats add none.
        reason: Why it is undefined, where it is.
    """
    if np.isnan(share):
        return undefined(reason or "it is undefined")
    return with_interval(share, clopper_pearson(_free_of_rounding(share * n), n), n)


def metric_entry(measured: Measured, metric: str, *, is_exact: bool) -> JSONObject:
    """Return the entry of a metric.

    Args:
        measured: Of one label, or of several pooled.
        metric: A name of `METRIC_NAMES`.
        is_exact: Whether units are independent, so that proportions have exact intervals.
    """
    columns = measured.mean(metric)
    n = measured.n(metric)
    reason = measured.reason(metric) if np.isnan(columns[0]) else None
    if is_exact and metric in PROPORTIONS:
        return share_entry(float(columns[0]), n, reason)
    return bootstrap_entry(columns, measured.resamples, n, reason)


def macro_metric_entry(by_label: Mapping[str, Measured], metric: str, resamples: Resamples) -> JSONObject:
    """Return the unweighted mean over the labels that define the metric, and which do not."""
    columns = {label: measured.mean(metric) for label, measured in by_label.items()}
    defined = [label for label, values in columns.items() if not np.isnan(values[0])]
    if not defined:
        return undefined("; ".join(f"{label}: {measured.reason(metric)}" for label, measured in by_label.items()))
    n = max(by_label[label].n("brier") for label in defined)
    entry = bootstrap_entry(np.mean([columns[label] for label in defined], axis=0), resamples, n, None)
    left_out = [label for label in columns if label not in defined]
    return {**entry, "left_out": left_out} if left_out else entry


def rounded(points: NDArray[np.float64]) -> list[float | None]:
    """Return the points of a curve, rounded; `None` where one is undefined."""
    return [None if np.isnan(point) else round(float(point), _CURVE_DIGITS) + 0.0 for point in points]


def _free_of_rounding(count: float) -> float:
    """Return a count without what a division and a multiplication have left."""
    return round(count) if abs(count - round(count)) < 1e-9 else count
