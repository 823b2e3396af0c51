"""The metrics of one label, or of several pooled, in every repeat, for all columns of the resamples at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.formulas import Counts, Outcomes, metrics_of
from heartprobe.evaluation.metrics.ranking import Columns
from heartprobe.evaluation.metrics.reasons import why_undefined
from heartprobe.labels import LABELS, finding_value


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
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
    def of(cls, label: str | None, units: str, repeats: Sequence[Outcomes], resamples: Resamples) -> Measured:
        """Compute every metric of every repeat for every column of the resamples."""
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

    def confusion(self) -> dict[str, int | float]:
        """Return the counts of the finding, as their mean over repeats where there are several."""
        cells = ("tn", "fp", "fn", "tp")
        return {cell: whole_number(np.mean([getattr(counts, cell)[0] for counts in self.counts])) for cell in cells}


def outcomes_of(rows: pd.DataFrame, owners: NDArray[np.intp], repeat: int, label: str) -> Outcomes:
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


def declared_order(label: str) -> tuple[int, str]:
    """Return what sorts labels into their declared order, unknown names after them."""
    return (LABELS.index(label) if label in LABELS else len(LABELS), label)


def whole_number(value: float) -> int | float:
    """Return a count as `int` where it is one; a mean over repeats may not be."""
    return int(value) if float(value).is_integer() else float(value)
