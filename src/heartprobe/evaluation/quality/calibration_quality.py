"""The section `calibration` of `report.json`: how far the probabilities can be taken at their word.

    calibration_section(predictions, method="platt", seed=42, draws=2000)["labels"]["AS"]["slope"]
    -> {"value": 0.93, "low": 0.61, "high": 1.32, "n": 108}

All of it is about P(finding) of patients, after calibration and before it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.entries import JSONObject, bootstrap_entry, undefined, with_interval
from heartprobe.evaluation.metrics.intervals import Interval, bootstrap_interval
from heartprobe.evaluation.metrics.ranking import Columns, ratio
from heartprobe.evaluation.quality.calibration_slope import calibration_intercept, calibration_slope
from heartprobe.evaluation.quality.finding_answers import FindingAnswers, RepeatedAnswers, patient_answers
from heartprobe.evaluation.quality.reliability import Binned, ece_entry, reliability_points

PARTED: Final = "the probabilities part those with the finding entirely from those without: no slope is steep enough"
EQUAL: Final = "all probabilities are equal"
OFTEN_PARTED: Final = "in many draws of the bootstrap the probabilities part the classes, and no slope is steep enough"


def calibration_section(predictions: pd.DataFrame, *, method: str, seed: int, draws: int) -> JSONObject:
    """Return how well the probabilities of patients are calibrated.

    Args:
        predictions: As `read_predictions` returns them.
        method: The name of what calibrated them, for the reader.
        seed: Of the bootstrap and of the simulated truths.
        draws: Of each.

    Returns:
        `method`; `labels`: by label `brier`, `brier_of_prevalence`, `ece`, `slope`, `intercept`, `reliability`, and
        all but the second once more in `uncalibrated` where calibration has changed a probability.
    """
    answers = patient_answers(predictions, seed=seed, draws=draws)
    return {"method": method, "labels": {label: _of_label(a, seed, draws) for label, a in answers.items()}}


def _of_label(answers: RepeatedAnswers, seed: int, draws: int) -> JSONObject:
    found = _quality(answers, "probability", seed, draws)
    prevalence = answers.mean(lambda a, weights: ratio(a.is_ill @ weights, weights.sum(axis=0)))[0]
    # Whoever always says the prevalence is wrong by 1 - prevalence about the ill and by prevalence about the others.
    found["brier_of_prevalence"] = None if np.isnan(prevalence) else float(prevalence * (1 - prevalence))
    if any((a.probability != a.uncalibrated).any() for a in answers.repeats):
        found["uncalibrated"] = _quality(answers, "uncalibrated", seed, draws)
    return found


def _quality(answers: RepeatedAnswers, name: str, seed: int, draws: int) -> JSONObject:
    """Return the measures of the probabilities that stand in the field `name` of the answers."""
    lacks_class = answers.lacks_class()
    is_known = all(map(len, answers.repeats))
    brier = answers.mean(lambda a, weights: _brier(a, getattr(a, name), weights))
    intercept = answers.mean(lambda a, weights: calibration_intercept(a.is_ill, getattr(a, name), weights))
    binned = [Binned.of(getattr(a, name), a.is_ill, a.owner) for a in answers.repeats] if is_known else []
    return {
        "brier": bootstrap_entry(brier, answers.resamples, answers.n, lacks_class),
        "ece": ece_entry(binned, seed=seed, draws=draws) if is_known else undefined(lacks_class or ""),
        "slope": undefined(lacks_class) if lacks_class else _slope_entry(answers, name),
        "intercept": bootstrap_entry(intercept, answers.resamples, answers.n, lacks_class),
        "reliability": reliability_points(binned) if is_known else [],
    }


def _brier(answers: FindingAnswers, probability: NDArray[np.float64], weights: Columns) -> Columns:
    return ratio((probability - answers.is_ill) ** 2 @ weights, weights.sum(axis=0))


def _slope_entry(answers: RepeatedAnswers, name: str) -> JSONObject:
    """Return the slope of answers about both classes.

    In a draw in which the classes happen to lie apart it is infinite. Such draws count as the steepest of all, and
    the interval stands as long as its limits are not among them.
    """
    with np.errstate(invalid="ignore"):  # repeats that are parted in opposite directions have no mean: NaN
        columns = answers.mean(lambda a, weights: calibration_slope(a.is_ill, getattr(a, name), weights))
    value, slopes, without_one = answers.resamples.parts(columns)
    if not np.isfinite(value):
        return undefined(answers.reason(lambda a: _why_no_slope(a, getattr(a, name))) or PARTED)
    finite = slopes[np.isfinite(slopes)]
    limits = (np.min(finite, initial=value), np.max(finite, initial=value))
    interval = bootstrap_interval(value, np.clip(slopes, *limits), np.clip(without_one, *limits))
    if np.isinf(slopes).any() and (interval.low == limits[0] or interval.high == limits[1]):
        interval = Interval(None, None, OFTEN_PARTED)
    return with_interval(value, interval, answers.n)


def _why_no_slope(answers: FindingAnswers, probability: NDArray[np.float64]) -> str | None:
    slope = calibration_slope(answers.is_ill, probability, np.ones((len(answers), 1)))[0]
    if np.isnan(slope):
        return EQUAL
    return PARTED if np.isinf(slope) else None
