"""Precision, recall and F1 per class, as scikit-learn's `classification_report` prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from heartprobe.evaluation.metrics.formulas import Outcomes
from heartprobe.evaluation.metrics.ranking import Columns, ratio
from heartprobe.labels import LABEL_NAMES, finding_value

Row = dict[str, Any]


def classification_report(repeats: Sequence[Mapping[str, Outcomes]]) -> list[Row]:
    """Return one row per class and the averages over classes.

    With one label its two values are the classes; with several, each label's value 1 is one. With
    several repeats every number is the mean over them.

    Args:
        repeats: The outcomes by label, of each repeat.

    Returns:
        Rows `{"class", "precision", "recall", "f1", "support"}`, `None` where undefined. The
        averages leave undefined classes out.
    """
    # (repeats, classes, 4): true positives, declared, support, and the number of units.
    labels = list(repeats[0])
    classes = [(label, value) for label in labels for value in ((0, 1) if len(labels) == 1 else (1,))]
    counts = np.array([[_counts(outcomes[label], value) for label, value in classes] for outcomes in repeats])
    scores = _scores(counts)
    support = counts[:, :, 2]
    rows = [_row(_class_name(*a_class), scores[:, i], support[:, i]) for i, a_class in enumerate(classes)]
    # Over both values of one label, micro precision, recall and F1 are all the accuracy.
    micro = "accuracy" if len(labels) == 1 else "micro average"
    rows.append(_row(micro, _scores(counts.sum(axis=1)), support.sum(axis=1)))
    rows.append(_row("macro average", _average(scores, np.ones_like(support)), support.sum(axis=1)))
    rows.append(_row("weighted average", _average(scores, support), support.sum(axis=1)))
    return rows


def _counts(outcomes: Outcomes, value: int) -> tuple[int, int, int]:
    is_true, is_called = outcomes.truth == value, outcomes.decision == value
    return int(np.sum(is_true & is_called)), int(np.sum(is_called)), int(np.sum(is_true))


def _scores(counts: Columns) -> Columns:
    """Return precision, recall and F1 from `(..., 3)` counts of true positives, declared and support."""
    hits, declared, support = np.moveaxis(counts.astype(np.float64), -1, 0)
    return np.stack([ratio(hits, declared), ratio(hits, support), ratio(2 * hits, declared + support)], axis=-1)


def _average(scores: Columns, class_weights: Columns) -> Columns:
    """Return the mean over classes where a score is defined, shape `(repeats, 3)`."""
    weights = np.where(np.isnan(scores), 0.0, class_weights[:, :, np.newaxis])
    return ratio((weights * np.nan_to_num(scores)).sum(axis=1), weights.sum(axis=1))


def _row(name: str, scores: Columns, support: Columns) -> Row:
    precision, recall, f1 = (None if np.isnan(score) else float(score) for score in scores.mean(axis=0))
    mean_support = float(support.mean())
    return {
        "class": name,
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "support": int(mean_support) if mean_support.is_integer() else mean_support,
    }


def _class_name(label: str, value: int) -> str:
    name = LABEL_NAMES.get(label, label)
    if value == 1:
        return f"{label} = 1 ({name})"
    return f"{label} = 0 ({'abnormal' if finding_value(label) == 0 else f'no {name}'})"
