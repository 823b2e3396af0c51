"""How the probabilities of one label become answers at one level, of recordings or of patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from heartprobe.config.schema import EvaluationConfig
from heartprobe.decisions.calibration import NOT_CALIBRATED, Calibration, fit_calibration
from heartprobe.decisions.stored import Stored
from heartprobe.decisions.thresholds import Threshold, choose_threshold
from heartprobe.decisions.uncertain import Band, choose_band, contradicted


@dataclass(frozen=True, slots=True, eq=False)
class LevelAnswers:
    """Answers about one finding, `(n,)` each.

    Attributes:
        findings: Calibrated P(finding).
        low: Where its interval begins; NaN without one.
        high: Where its interval ends.
        is_declared: Whether it is declared.
        is_near: Whether that is withheld because the probability is too near to the threshold.
        is_contradicted: Whether it is withheld because most recordings do not share it.
    """

    findings: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    is_declared: NDArray[np.bool_]
    is_near: NDArray[np.bool_]
    is_contradicted: NDArray[np.bool_]


class Level(Stored):
    """Calibration, threshold and band of one label at one level."""

    calibration: Calibration
    threshold: Threshold
    band: Band

    @model_validator(mode="after")
    def _holds_the_threshold(self) -> Self:
        if not self.band.low <= self.threshold.value <= self.band.high:
            raise ValueError("the threshold does not lie in its band")
        return self

    def answers(self, findings: NDArray[np.float64], votes: NDArray[np.float64]) -> LevelAnswers:
        """Return what is said.

        Args:
            findings: P(finding) before calibration, `(n,)`.
            votes: As for `contradicted`, `(n,)`.
        """
        calibrated = self.calibration.apply(findings)
        low, high = self.calibration.interval_of(findings)
        is_declared = self.threshold.declares(calibrated)
        is_near = self.band.withholds(calibrated)
        return LevelAnswers(calibrated, low, high, is_declared, is_near, contradicted(is_declared, votes))


def fit_level(
    findings: NDArray[np.float64],
    truth: NDArray[np.float64],
    votes: NDArray[np.float64],
    settings: EvaluationConfig,
    patients: NDArray[np.intp] | None = None,
) -> Level:
    """Choose everything on validation cases of both classes.

    Args:
        findings: P(finding) before calibration, `(n,)`.
        truth: 1 or 0, `(n,)`.
        votes: As for `contradicted`, `(n,)`.
        settings: What is asked for.
        patients: As for `fit_calibration`, `(n,)`.
    """
    calibration = fit_calibration(settings.calibration, findings, truth, patients)
    calibrated = calibration.apply(findings)
    threshold = choose_threshold(
        settings.threshold_rule, calibrated, truth, fixed=settings.threshold, sensitivity=settings.sensitivity
    )
    is_contradicted = contradicted(threshold.declares(calibrated), votes)
    band = choose_band(calibrated, truth, threshold, settings.largest_error, is_contradicted)
    return Level(calibration=calibration, threshold=threshold, band=band)


def undecided_level(settings: EvaluationConfig, reason: str) -> Level:
    """Return what holds where the validation cases cannot tell: probabilities as they are, no band.

    Args:
        settings: What is asked for; a fixed threshold needs no validation.
        reason: Why nothing can be chosen.
    """
    is_fixed = settings.threshold_rule == "fixed"
    threshold = Threshold(value=settings.threshold) if is_fixed else Threshold(value=0.5, reason=reason)
    is_asked_for = settings.calibration != "none"
    return Level(
        calibration=Calibration(reason=reason) if is_asked_for else Calibration(why_no_interval=NOT_CALIBRATED),
        threshold=threshold,
        band=Band(low=threshold.value, high=threshold.value, reason=reason),
    )
