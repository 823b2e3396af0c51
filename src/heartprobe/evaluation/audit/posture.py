"""The difference between lying and sitting, on the same patients and the same areas of the chest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from heartprobe.data.recordings import Recording, RecordingSet
from heartprobe.errors import DataError
from heartprobe.evaluation.audit.partitions import POSTURES, posture_of
from heartprobe.evaluation.comparison.compare import compare
from heartprobe.evaluation.metrics.entries import JSONObject

LYING, SITTING = POSTURES["sup"], POSTURES["sit"]

METRICS: Final = ("auroc", "sensitivity", "specificity")


def posture_difference(predictions: pd.DataFrame, recordings: RecordingSet, *, seed: int, draws: int) -> JSONObject:
    """Return how much better or worse recordings of sitting patients do, with paired intervals.

    The patients of both postures are the same, so that two separate intervals would say too little.
    A recording is compared with that of the same patient at the same area in the other posture.

    Args:
        predictions: As `read_predictions` returns them.
        recordings: Which know the positions.
        seed: Of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        `of`, `minus`, and for each label the differences of `METRICS`; or the `reason` why there are none.
    """
    by_id = {recording.recording_id: recording for recording in recordings.recordings}
    rows = predictions[predictions["level"] == "recording"]
    postures = rows["recording_id"].map(lambda recording: posture_of(by_id[recording]))
    lying, sitting = (_by_area(rows[(postures == posture).to_numpy()], by_id) for posture in (LYING, SITTING))
    if lying.empty or sitting.empty:
        return {"reason": "no patient is known to have been recorded both lying and sitting"}
    try:
        found = compare(lying, sitting, level="recording", seed=seed, draws=draws, names=(LYING, SITTING))
    except DataError:
        return {"reason": "no patient was recorded at the same area both lying and sitting"}
    labels = {label: {name: entries[name] for name in METRICS} for label, entries in found["labels"].items()}
    return {"of": SITTING, "minus": LYING, "patients": found["patients"], "labels": labels}


def _by_area(rows: pd.DataFrame, recordings: Mapping[str, Recording]) -> pd.DataFrame:
    """Name recordings after their area, which both postures have; a second one at the same area gets a number."""
    areas = rows["recording_id"].map(lambda recording: _area(recordings[recording]))
    named = rows.assign(recording_id=areas)
    again = named.groupby(["repeat", "patient_id", "recording_id", "label"]).cumcount()
    return named.assign(recording_id=named["recording_id"] + " " + again.astype(str))


def _area(recording: Recording) -> str:
    return "" if recording.position is None else recording.position.area
