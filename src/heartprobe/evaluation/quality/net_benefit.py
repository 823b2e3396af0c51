"""Decision curves: what acting on the model is worth, in true positives per patient (Vickers and Elkin 2006).

Who acts on a probability of t accepts (1 - t) / t false alarms for one finding that is caught. So the net benefit at
t is TP / n - FP / n * t / (1 - t), to be compared with that of treating everybody and with 0, that of treating nobody
(Med Decis Making 2006; 26:565).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.bands import with_band
from heartprobe.evaluation.metrics.entries import JSONObject, rounded, undefined
from heartprobe.evaluation.metrics.ranking import Columns, ratio
from heartprobe.evaluation.quality.finding_answers import FindingAnswers, RepeatedAnswers

#: P(finding) from which one would act.
THRESHOLDS: Final = np.arange(1, 100) / 100

#: False alarms are weighted with the odds of the threshold.
_HARM: Final = THRESHOLDS / (1 - THRESHOLDS)


def net_benefit(answers: RepeatedAnswers, prevalences: Sequence[float]) -> JSONObject:
    """Return the decision curve of the patients as they are, and of others among whom the finding is rarer or commoner.

    Args:
        answers: About one finding.
        prevalences: Of the others.

    Returns:
        `thresholds`, `prevalence` (of the patients), `model` with its band `low` to `high`, `everybody`; and
        `at_prevalence`, for each of the others: the same, with `unadjusted`. There, `model` acts on probabilities
        whose odds are adjusted to the prevalence, and `unadjusted` on those that were calibrated here.
    """
    if (reason := answers.lacks_class()) is not None:
        return undefined(reason)
    observed = float(answers.mean(lambda a, weights: ratio(a.is_ill @ weights, weights.sum(axis=0)))[0])
    return {
        "thresholds": rounded(THRESHOLDS),
        "prevalence": observed,
        **with_band("model", answers.mean(_of_these_patients), answers.resamples),
        "everybody": rounded(of_treating_everybody(observed)),
        "at_prevalence": [_elsewhere(answers, observed, prevalence) for prevalence in prevalences],
    }


def of_treating_everybody(prevalence: float) -> NDArray[np.float64]:
    """Return the net benefit of treating everybody, shape `(thresholds,)`."""
    return np.asarray(prevalence - (1 - prevalence) * _HARM)


def adjusted(probability: NDArray[np.float64], observed: float, prevalence: float) -> NDArray[np.float64]:
    """Return probabilities whose odds are multiplied by the ratio of the odds of two prevalences.

    That is what Bayes' theorem says where the finding is rarer or commoner and sounds the same (Saerens, Latinne and
    Decaestecker, Neural Comput 2002; 14:21).
    """
    factor = prevalence / (1 - prevalence) * (1 - observed) / observed
    return np.asarray(probability * factor / (probability * factor + (1 - probability)))


def _elsewhere(answers: RepeatedAnswers, observed: float, prevalence: float) -> JSONObject:
    def benefit(a: FindingAnswers, probability: NDArray[np.float64], weights: Columns) -> Columns:
        found, alarmed = _declared(a, probability, weights)
        shares = ratio(found, _tiled(a.is_ill @ weights)), ratio(alarmed, _tiled(~a.is_ill @ weights))
        return prevalence * shares[0] - (1 - prevalence) * _HARM[:, np.newaxis] * shares[1]

    points = answers.mean(lambda a, weights: benefit(a, adjusted(a.probability, observed, prevalence), weights))
    unadjusted = answers.mean(lambda a, weights: benefit(a, a.probability, weights[:, :1]))
    return {
        "prevalence": prevalence,
        **with_band("model", points, answers.resamples),
        "everybody": rounded(of_treating_everybody(prevalence)),
        "unadjusted": rounded(unadjusted[:, 0]),
    }


def _of_these_patients(answers: FindingAnswers, weights: Columns) -> Columns:
    found, alarmed = _declared(answers, answers.probability, weights)
    return ratio(found - _HARM[:, np.newaxis] * alarmed, _tiled(weights.sum(axis=0)))


def _declared(answers: FindingAnswers, probability: NDArray[np.float64], weights: Columns) -> tuple[Columns, Columns]:
    """Return how many ill and how many well patients each threshold declares, `(thresholds, weightings)`."""
    is_declared = (probability >= THRESHOLDS[:, np.newaxis]).astype(np.float64)
    ill = weights * answers.is_ill[:, np.newaxis]
    return is_declared @ ill, is_declared @ (weights - ill)


def _tiled(columns: Columns) -> Columns:
    return np.broadcast_to(columns, (len(THRESHOLDS), len(columns)))
