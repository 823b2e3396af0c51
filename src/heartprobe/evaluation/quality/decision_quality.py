"""The section `decisions` of `report.json`: what the decisions about patients would mean to those who act on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from heartprobe.evaluation.metrics.entries import JSONObject, bootstrap_entry
from heartprobe.evaluation.quality.finding_answers import RepeatedAnswers, patient_answers
from heartprobe.evaluation.quality.net_benefit import net_benefit
from heartprobe.evaluation.quality.operating_points import Ranked
from heartprobe.evaluation.quality.prevalence import at_prevalence
from heartprobe.evaluation.quality.uncertain_answers import uncertain_answers


def decisions_section(
    predictions: pd.DataFrame,
    *,
    rule: Mapping[str, Any],
    specificity: float,
    prevalences: Sequence[float],
    seed: int,
    draws: int,
) -> JSONObject:
    """Return what decisions about patients are worth; everything is about the finding.

    Args:
        predictions: As `read_predictions` returns them.
        rule: The settings by which the decisions were made, for the reader.
        specificity: At which the sensitivity is quoted.
        prevalences: At which PPV, NPV and net benefit are quoted.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        `rule`; `labels`: by label `thresholds`, one per fold; `sensitivity_at_specificity`, of the ROC curve of the
        tested patients; `at_prevalence`; `net_benefit`; `uncertain`.
    """
    answers = patient_answers(predictions, seed=seed, draws=draws)
    of_patients = predictions[predictions["level"] == "patient"]
    return {
        "rule": dict(rule),
        "labels": {
            label: {
                "thresholds": _thresholds(of_patients[of_patients["label"] == label]),
                "sensitivity_at_specificity": _sensitivity_at(repeated, specificity),
                "at_prevalence": [at_prevalence(repeated, prevalence) for prevalence in prevalences],
                "net_benefit": net_benefit(repeated, prevalences),
                "uncertain": uncertain_answers(repeated),
            }
            for label, repeated in answers.items()
        },
    }


def _thresholds(rows: pd.DataFrame) -> list[JSONObject]:
    """Return P(finding) from which each fold declared the finding; `None` where the table does not tell."""
    folds = rows[["repeat", "fold", "threshold"]].drop_duplicates().sort_values(["repeat", "fold"])
    return [
        {"repeat": int(repeat), "fold": int(fold), "threshold": None if np.isnan(threshold) else float(threshold)}
        for repeat, fold, threshold in folds.itertuples(index=False)
    ]


def _sensitivity_at(answers: RepeatedAnswers, specificity: float) -> JSONObject:
    """Return the best sensitivity of the thresholds that reach the specificity on the tested patients themselves."""
    grid = np.array([specificity])
    columns = answers.mean(lambda a, weights: Ranked.of(a.rank, a.is_ill, weights).sensitivity_at(grid)[0])
    n_ill = float(np.mean([a.is_ill.sum() for a in answers.repeats]))
    return {"specificity": specificity, **bootstrap_entry(columns, answers.resamples, n_ill, answers.lacks_class())}
