"""The section `curves` of `report.json`: ROC and precision-recall of patients, with bands, on grids.

With several repeats, a curve is the mean of theirs at equal specificity or recall (Fawcett, Pattern Recognit Lett
2006; 27:861).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from heartprobe.evaluation.metrics.bands import with_band
from heartprobe.evaluation.metrics.entries import JSONObject, rounded, undefined
from heartprobe.evaluation.metrics.ranking import ratio
from heartprobe.evaluation.quality.finding_answers import RepeatedAnswers, patient_answers
from heartprobe.evaluation.quality.operating_points import Ranked

#: From 1, where nobody is declared by mistake, to 0.
_SPECIFICITY: Final = np.linspace(1, 0, 101)

#: A recall of 0 has no precision.
_RECALL: Final = np.linspace(0.01, 1, 100)


def curves_section(predictions: pd.DataFrame, *, seed: int, draws: int) -> JSONObject:
    """Return the curves of every label, about its finding.

    Args:
        predictions: As `read_predictions` returns them.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        `labels`: by label `roc`, with `specificity`, `sensitivity`, `low` and `high`, and `precision_recall`, with
        `recall`, `precision`, `low`, `high` and `prevalence`; or `value` null and `reason`, where a class is missing.
    """
    answers = patient_answers(predictions, seed=seed, draws=draws)
    return {
        "labels": {label: {"roc": _roc(a), "precision_recall": _precision_recall(a)} for label, a in answers.items()}
    }


def _roc(answers: RepeatedAnswers) -> JSONObject:
    if (reason := answers.lacks_class()) is not None:
        return undefined(reason)
    points = answers.mean(lambda a, weights: Ranked.of(a.rank, a.is_ill, weights).sensitivity_at(_SPECIFICITY))
    return {"specificity": rounded(_SPECIFICITY), **with_band("sensitivity", points, answers.resamples)}


def _precision_recall(answers: RepeatedAnswers) -> JSONObject:
    if (reason := answers.lacks_class()) is not None:
        return undefined(reason)
    points = answers.mean(lambda a, weights: Ranked.of(a.rank, a.is_ill, weights).precision_at(_RECALL))
    prevalence = answers.mean(lambda a, weights: ratio(a.is_ill @ weights, weights.sum(axis=0)))
    return {
        "recall": rounded(_RECALL),
        **with_band("precision", points, answers.resamples),
        "prevalence": float(prevalence[0]),
    }
