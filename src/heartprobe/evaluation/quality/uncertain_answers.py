"""What withholding uncertain answers buys: how many are withheld, and how many of the others are wrong.

The error-coverage curve shows what it would buy in general: patients are answered in the order of certainty, which is
how far P(finding) lies from the threshold of the fold, in log odds (El-Yaniv and Wiener, J Mach Learn Res 2010;
11:1605).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.bands import with_band
from heartprobe.evaluation.metrics.entries import JSONObject, rounded, share_entry, undefined
from heartprobe.evaluation.predictions.log_odds import log_odds
from heartprobe.evaluation.quality.finding_answers import FindingAnswers, Flags, RepeatedAnswers
from heartprobe.evaluation.quality.operating_points import Ranked

#: Below a tenth of the patients, errors are too few to be counted.
_COVERAGE: Final = np.linspace(0.1, 1, 91)

ALL_WITHHELD: Final = "the answers about all patients are withheld"
NO_THRESHOLD: Final = "the predictions do not tell the thresholds"


def uncertain_answers(answers: RepeatedAnswers) -> JSONObject:
    """Return the share of answers that are withheld, the errors with and without them, and the error-coverage curve.

    Returns:
        `share`, `error_all` and `error_decided` with exact intervals; `curve`, with `coverage`, `error`, `low` and
        `high`, or `value` null and `reason`.
    """
    nobody = answers.reason(lambda a: None if len(a) else "the truth is unknown for all patients")
    all_withheld = answers.reason(lambda a: ALL_WITHHELD if a.is_withheld.all() else None)
    everyone = [np.ones_like(a.is_ill) for a in answers.repeats]
    is_wrong = [a.is_declared != a.is_ill for a in answers.repeats]
    is_decided = [~a.is_withheld for a in answers.repeats]
    return {
        "share": _share([a.is_withheld for a in answers.repeats], everyone, nobody),
        "error_all": _share(is_wrong, everyone, nobody),
        "error_decided": _share(is_wrong, is_decided, nobody or all_withheld),
        "curve": undefined(nobody) if nobody else _curve(answers),
    }


def _share(marked: list[Flags], among: list[Flags], reason: str | None) -> JSONObject:
    """Return the share of the marked among some patients, as the mean over repeats."""
    if reason is not None:
        return undefined(reason)
    shares = [flags[base].mean() for flags, base in zip(marked, among, strict=True)]
    return share_entry(float(np.mean(shares)), float(np.mean([base.sum() for base in among])), None)


def _curve(answers: RepeatedAnswers) -> JSONObject:
    if any(np.isnan(a.threshold).any() for a in answers.repeats):
        return undefined(NO_THRESHOLD)
    points = answers.mean(
        lambda a, weights: Ranked.of(_certainty(a), a.is_declared != a.is_ill, weights).share_at(_COVERAGE)
    )
    return {"coverage": rounded(_COVERAGE), **with_band("error", points, answers.resamples)}


def _certainty(answers: FindingAnswers) -> NDArray[np.float64]:
    distance = np.abs(log_odds(answers.probability) - log_odds(answers.threshold))
    # 0.1 and 0.9 are equally far from 0.5, but for rounding.
    return np.asarray(np.round(distance, 9))
