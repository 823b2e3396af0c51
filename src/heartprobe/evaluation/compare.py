"""The paired difference between two models on the same patients.

    compare(baseline, run, level="patient", seed=42, draws=2000)["labels"]["AS"]["auroc"]
    -> {"value": 0.03, "low": -0.01, "high": 0.08, "p": 0.15, "n": 108, "baseline": 0.93, "run": 0.96}

Two models that see the same patients succeed and fail on the same ones, so their difference is
surer than their two intervals suggest. Each draw of the bootstrap takes the same patients for
both, with all their recordings, labels and repeats. The value is run minus baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from heartprobe.evaluation.bootstrap import Resamples
from heartprobe.evaluation.compare_shared import SharedPredictions, shared_predictions
from heartprobe.evaluation.intervals import Interval, difference_interval, difference_p_value
from heartprobe.evaluation.measured import Measured, outcomes_of, whole_number
from heartprobe.evaluation.metrics import Outcomes
from heartprobe.evaluation.prediction_checks import Level
from heartprobe.evaluation.ranking import Columns

JSONObject = dict[str, Any]

#: The metrics that are compared, in the order in which they are shown.
COMPARED: Final = (
    "auroc",
    "average_precision",
    "sensitivity",
    "specificity",
    "balanced_accuracy",
    "f1",
    "brier",
)

#: Differences are rounded to so many digits: equal ones must tie, whatever order they were summed in.
_DIGITS: Final = 12


def compare(
    baseline: pd.DataFrame,
    run: pd.DataFrame,
    *,
    level: Level,
    seed: int,
    draws: int,
    names: tuple[str, str] = ("The baseline", "the run"),
) -> JSONObject:
    """Return the difference of every compared metric, run minus baseline, with interval and p-value.

    Only patients, recordings and labels are counted that both have and whose truth both know. With
    several repeats, a metric is computed in each and averaged before the difference is taken.

    Args:
        baseline: As `read_predictions` returns it.
        run: The predictions that are compared with it.
        level: Of patients or of recordings.
        seed: Of the bootstrap.
        draws: Of the bootstrap.
        names: What error messages call the two.

    Returns:
        `patients`, `only_in_baseline`, `only_in_run`, `labels_in_one`; `labels`, by label and
        metric, and `macro`. Numbers, strings, lists and `None` only.

    Raises:
        DataError: If the two have no patient or label in common, or know different truths.
    """
    shared = shared_predictions(baseline, run, level, names)
    resamples = Resamples.of(len(shared.patients), draws=draws, seed=seed)
    pairs = {label: _pair(shared, label, level, resamples) for label in shared.labels}
    return {
        "patients": len(shared.patients),
        "only_in_baseline": shared.only_in_baseline,
        "only_in_run": shared.only_in_run,
        "labels_in_one": list(shared.labels_in_one),
        "labels": {label: {name: _entry(pair, name) for name in COMPARED} for label, pair in pairs.items()},
        "macro": {name: _macro_entry(pairs, name) for name in COMPARED},
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """One label in both tables."""

    baseline: Measured
    run: Measured
    is_same: bool

    def columns(self, metric: str) -> tuple[Columns, Columns]:
        """Return the metric of both; NaN where it is undefined."""
        return self.baseline.mean(metric), self.run.mean(metric)

    def is_defined(self, metric: str) -> bool:
        """Whether the sample defines the metric for both."""
        return not any(np.isnan(columns[0]) for columns in self.columns(metric))

    def reason(self, metric: str) -> str:
        """Return why the metric is undefined, and of which of the two."""
        reasons = {
            name: measured.reason(metric)
            for name, measured in (("baseline", self.baseline), ("run", self.run))
            if np.isnan(measured.mean(metric)[0])
        }
        if len(set(reasons.values())) == 1 and len(reasons) == 2:
            return reasons["run"]
        return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


def _pair(shared: SharedPredictions, label: str, level: Level, resamples: Resamples) -> _Pair:
    row_of = {patient: row for row, patient in enumerate(shared.patients)}
    both = []
    for rows in (shared.baseline, shared.run):
        owners = np.asarray(rows["patient_id"].map(row_of), dtype=np.intp)
        both.append([outcomes_of(rows, owners, repeat, label) for repeat in sorted(rows["repeat"].unique())])
    is_same = len(both[0]) == len(both[1]) and all(map(_is_same, *both))
    baseline, run = (Measured.of(label, f"{level}s", repeats, resamples) for repeats in both)
    return _Pair(baseline, run, is_same)


def _is_same(first: Outcomes, second: Outcomes) -> bool:
    """Whether two tables say the same about the same units."""
    return all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in ("owner", "probability", "decision")
    )


def _entry(pair: _Pair, metric: str) -> JSONObject:
    if not pair.is_defined(metric):
        return {"value": None, "reason": pair.reason(metric)}
    return _difference(*pair.columns(metric), pair.baseline.resamples, pair.baseline.n(metric), is_same=pair.is_same)


def _macro_entry(pairs: Mapping[str, _Pair], metric: str) -> JSONObject:
    """Return the difference of the unweighted means over the labels that define the metric for both."""
    defined = [pair for pair in pairs.values() if pair.is_defined(metric)]
    if not defined:
        return {"value": None, "reason": "; ".join(f"{label}: {pair.reason(metric)}" for label, pair in pairs.items())}
    baseline, run = np.mean([pair.columns(metric) for pair in defined], axis=0)
    n = max(pair.baseline.n("brier") for pair in defined)
    is_same = all(pair.is_same for pair in defined)
    entry = _difference(baseline, run, defined[0].baseline.resamples, n, is_same=is_same)
    left_out = [label for label, pair in pairs.items() if not pair.is_defined(metric)]
    return {**entry, "left_out": left_out} if left_out else entry


def _difference(baseline: Columns, run: Columns, resamples: Resamples, n: float, *, is_same: bool) -> JSONObject:
    """Return the entry of a difference.

    The same predictions differ by exactly nothing, and no other patients would change that. Other
    draws that all agree tell no interval, and so no p-value either.
    """
    value, draws, _ = resamples.parts(np.round(run - baseline, _DIGITS))
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
