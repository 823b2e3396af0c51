"""What every possible threshold would have done, for many weightings at once.

Patients are ranked, and whoever stands above a threshold is taken: declared to have the finding, or answered. Of the
thresholds that reach what is asked (a specificity, a recall, a coverage), the one that decides is picked; nothing is
interpolated between them, so that every number could have been reached by a threshold. Equal ranks are one threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.ranking import Columns, last, ratio
from heartprobe.evaluation.quality.finding_answers import Flags

#: Shares of whole numbers are compared with what is asked; this is far above rounding and far below 1 / patients.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """How many stand above each threshold, strictest first, `(thresholds, weightings)` each.

    Attributes:
        marked: Of those who are marked: who have the finding, or whose answer is wrong.
        others: Of those who are not.
    """

    marked: Columns
    others: Columns

    @classmethod
    def of(cls, rank: NDArray[np.float64], is_marked: Flags, weights: Columns) -> Ranked:
        """Count patients from the highest rank to the lowest.

        Args:
            rank: Shape `(patients,)`.
            is_marked: Shape `(patients,)`.
            weights: How often each patient counts, shape `(patients, weightings)`.
        """
        order = np.argsort(-rank, kind="stable")
        ranked = rank[order]
        last_of_tie = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(order) else order
        marks = is_marked[order, np.newaxis]
        weights = weights[order]
        return cls(np.cumsum(weights * marks, axis=0)[last_of_tie], np.cumsum(weights * ~marks, axis=0)[last_of_tie])

    def sensitivity_at(self, specificity: NDArray[np.float64]) -> Columns:
        """Return the largest sensitivity of the thresholds with at least such a specificity.

        Args:
            specificity: From 1 downwards, shape `(points,)`.

        Returns:
            Shape `(points, weightings)`; NaN where a class has no weight. A threshold that nobody reaches is allowed:
            it has sensitivity 0 and specificity 1.
        """
        n_marked, n_others = last(self.marked), last(self.others)
        sensitivity = ratio(self.marked, np.broadcast_to(n_marked, self.marked.shape))
        is_defined = (n_marked > 0) & (n_others > 0)
        # The first point of the grid at which each threshold may be used; the last of them there is the best.
        false_alarms = self.others / np.maximum(n_others, 1)
        first_point = np.searchsorted(1 - specificity + _ROUNDING, false_alarms)
        reached = np.zeros((len(specificity) + 1, self.marked.shape[1]))
        columns = np.arange(self.marked.shape[1])
        for points, values in zip(first_point, sensitivity, strict=True):
            reached[points, columns] = values
        return np.where(is_defined, np.maximum.accumulate(reached[:-1], axis=0), np.nan)

    def precision_at(self, recall: NDArray[np.float64]) -> Columns:
        """Return the share of the marked above the strictest threshold that reaches such a recall.

        The area below it is the average precision.

        Args:
            recall: Ascending, above 0 and up to 1, shape `(points,)`.

        Returns:
            Shape `(points, weightings)`; NaN where nobody who is marked has weight.
        """
        n_marked = last(self.marked)
        precision = ratio(self.marked, self.marked + self.others)
        return np.where(n_marked > 0, _at_first(self.marked / np.maximum(n_marked, 1), precision, recall), np.nan)

    def share_at(self, coverage: NDArray[np.float64]) -> Columns:
        """Return the share of the marked above the strictest threshold above which so many of all stand.

        Args:
            coverage: Ascending, above 0 and up to 1, shape `(points,)`.

        Returns:
            Shape `(points, weightings)`; NaN where nobody has weight.
        """
        everyone = self.marked + self.others
        n_everyone = last(everyone)
        share = ratio(self.marked, everyone)
        return np.where(n_everyone > 0, _at_first(everyone / np.maximum(n_everyone, 1), share, coverage), np.nan)


def _at_first(reached: Columns, values: Columns, wanted: NDArray[np.float64]) -> Columns:
    """Return the value at the first threshold at which enough is reached, shape `(points, weightings)`."""
    if not len(reached):
        return np.full((len(wanted), reached.shape[1]), np.nan)
    # How many points each threshold serves; the first threshold that serves a point is the last to be written.
    served = np.searchsorted(wanted - _ROUNDING, reached, side="right")
    first = np.full((len(wanted) + 1, reached.shape[1]), len(reached) - 1)
    columns = np.arange(reached.shape[1])
    for threshold in range(len(reached) - 1, -1, -1):
        first[served[threshold], columns] = threshold
    first = np.minimum.accumulate(first[::-1], axis=0)[::-1][1:]
    return np.take_along_axis(values, first, axis=0)
