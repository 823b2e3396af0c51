"""The section `positions` of `report.json`: what can be heard at one place of the chest alone.

A finding is heard best over its valve. Each position is measured on its own recordings, whose decisions were made one
by one; positions differ in their patients where some were not recorded everywhere.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from heartprobe.data.recordings import POSTURES, VALVE_AREAS, Position, RecordingSet
from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.entries import JSONObject, metric_entry
from heartprobe.evaluation.metrics.measured import Measured, declared_order, outcomes_of

_METRICS: Final = ("auroc", "sensitivity", "specificity")


def positions_section(
    predictions: pd.DataFrame, recordings: RecordingSet, *, seed: int, draws: int
) -> JSONObject | None:
    """Return metrics of the recordings of each position.

    Args:
        predictions: As `read_predictions` returns them.
        recordings: The data set, which knows the positions.
        seed: Of the bootstrap over the patients of a position.
        draws: Of the bootstrap.

    Returns:
        `positions`: by position, lying first, `patients`, `recordings` and `labels`, by label and metric; `n`, how
        many recordings have a known position. `None` where none has.
    """
    position_of = {r.recording_id: r.position for r in recordings.recordings if r.position is not None}
    rows = predictions[predictions["level"] == "recording"]
    positions = rows["recording_id"].map(position_of)
    found = sorted(positions.dropna().unique(), key=_order)
    if not found:
        return None
    by_position = {str(position): _measure(rows[positions == position], seed, draws) for position in found}
    return {"positions": by_position, "n": sum(entry["recordings"] for entry in by_position.values())}


def _order(position: Position) -> tuple[int, int]:
    posture = len(POSTURES) if position.posture is None else POSTURES.index(position.posture)
    return posture, VALVE_AREAS.index(position.area)


def _measure(rows: pd.DataFrame, seed: int, draws: int) -> JSONObject:
    patients = sorted(rows["patient_id"].unique())
    resamples = Resamples.of(len(patients), draws=draws, seed=seed)
    owners = pd.Index(patients).get_indexer(rows["patient_id"])
    repeats = sorted(rows["repeat"].unique())
    n_recordings = rows["recording_id"].nunique()
    # One recording per patient: independent trials, as patients are.
    is_exact = n_recordings == len(patients)
    labels: JSONObject = {}
    for label in sorted(rows["label"].unique(), key=declared_order):
        outcomes = [outcomes_of(rows, owners, repeat, label) for repeat in repeats]
        measured = Measured.of(label, "recordings", outcomes, resamples)
        labels[label] = {metric: metric_entry(measured, metric, is_exact=is_exact) for metric in _METRICS}
    return {"patients": len(patients), "recordings": n_recordings, "labels": labels}
