"""How good answers are: the sections `calibration`, `decisions`, `curves` and `positions` of `report.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from heartprobe.data.recordings import RecordingSet
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.quality.calibration_quality import calibration_section
from heartprobe.evaluation.quality.curves import curves_section
from heartprobe.evaluation.quality.decision_quality import decisions_section
from heartprobe.evaluation.quality.positions import positions_section


def answer_quality(
    predictions: pd.DataFrame,
    recordings: RecordingSet,
    *,
    rule: Mapping[str, Any],
    specificity: float,
    prevalences: Sequence[float],
    seed: int,
    draws: int,
) -> JSONObject:
    """Return what is to be said of calibrated probabilities and of decisions; `positions` where any are known.

    Args:
        predictions: As `read_predictions` returns them.
        recordings: Which know the positions.
        rule: How was decided: `patient_rule`, `calibration`, `threshold_rule` and what belongs to them.
        specificity: At which the sensitivity is quoted.
        prevalences: For which PPV, NPV and net benefit are given.
        seed: Of the bootstrap.
        draws: Of the bootstrap.
    """
    statistics = {"seed": seed, "draws": draws}
    positions = positions_section(predictions, recordings, **statistics)
    return {
        "calibration": calibration_section(predictions, method=rule["calibration"], **statistics),
        "decisions": decisions_section(
            predictions, rule=rule, specificity=specificity, prevalences=prevalences, **statistics
        ),
        "curves": curves_section(predictions, **statistics),
        **({} if positions is None else {"positions": positions}),
    }
