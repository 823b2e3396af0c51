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
from typing import Final

import numpy as np
import pandas as pd

from heartprobe.evaluation.comparison.shared import SharedPredictions, shared_predictions
from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.entries import JSONObject, comparison_entry, undefined
from heartprobe.evaluation.metrics.formulas import Outcomes
from heartprobe.evaluation.metrics.measured import Measured, outcomes_of
from heartprobe.evaluation.metrics.ranking import Columns
from heartprobe.evaluation.predictions.checks import Level

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
        return undefined(pair.reason(metric))
    return comparison_entry(
        *pair.columns(metric), pair.baseline.resamples, pair.baseline.n(metric), is_same=pair.is_same
    )


def _macro_entry(pairs: Mapping[str, _Pair], metric: str) -> JSONObject:
    """Return the difference of the unweighted means over the labels that define the metric for both."""
    defined = [pair for pair in pairs.values() if pair.is_defined(metric)]
    if not defined:
        return undefined("; ".join(f"{label}: {pair.reason(metric)}" for label, pair in pairs.items()))
    baseline, run = np.mean([pair.columns(metric) for pair in defined], axis=0)
    n = max(pair.baseline.n("brier") for pair in defined)
    is_same = all(pair.is_same for pair in defined)
    entry = comparison_entry(baseline, run, defined[0].baseline.resamples, n, is_same=is_same)
    left_out = [label for label, pair in pairs.items() if not pair.is_defined(metric)]
    return {**entry, "left_out": left_out} if left_out else entry
