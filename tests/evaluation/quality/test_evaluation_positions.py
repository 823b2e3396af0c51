from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heartprobe.data.recordings import Patient, Position, Recording, RecordingSet
from heartprobe.evaluation.metrics.intervals import clopper_pearson
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.quality.positions import positions_section

AORTA, MITRAL = Position("sup", "Aor"), Position("sup", "Mit")


def recordings_at(positions: dict[str, Position | None]) -> RecordingSet:
    """Return recordings `<patient>_<i>` at these positions."""
    recordings = tuple(Recording(r, r.split("_")[0], Path(f"{r}.wav"), position) for r, position in positions.items())
    return RecordingSet("made-up", recordings, {r.patient_id: Patient(r.patient_id, {}) for r in recordings})


def section(predictions, recordings) -> dict | None:
    found = positions_section(predictions, recordings, seed=0, draws=100)
    json.dumps(found, allow_nan=False)
    return found


@pytest.fixture
def two_positions(predictions_with):
    """Four patients, two ill; over the aorta both are found, over the mitral valve one and a false alarm."""
    truth = np.array([[1], [1], [0], [0]])
    tables = [
        predictions_with(truth, np.array([probability]).T, ("AS",), level="recording")
        for probability in ([0.9, 0.8, 0.2, 0.1], [0.9, 0.2, 0.7, 0.1])
    ]
    rows = [table.assign(recording_id=table["patient_id"] + f"_{i}") for i, table in enumerate(tables)]
    return pd.concat([predictions_with(truth, np.full((4, 1), 0.5), ("AS",)), *rows], ignore_index=True)


def test_by_hand(two_positions):
    """Perfect at one position; at the other 1 of 2 found, 1 of 2 cleared, 3 of 4 pairs in order."""
    places = {f"p{p:03d}_{i}": (AORTA, MITRAL)[i] for p in range(4) for i in range(2)}
    found = section(two_positions, recordings_at(places))
    assert list(found["positions"]) == ["sup_Mit", "sup_Aor"], "in the order of the valve areas"
    assert found["n"] == 8
    mitral = found["positions"]["sup_Mit"]
    assert (mitral["patients"], mitral["recordings"]) == (4, 4)
    half = clopper_pearson(1, 2)
    rate = {"value": 0.5, "low": half.low, "high": half.high, "n": 2}
    assert mitral["labels"]["AS"]["sensitivity"] == mitral["labels"]["AS"]["specificity"] == rate
    assert mitral["labels"]["AS"]["auroc"]["value"] == 0.75
    assert found["positions"]["sup_Aor"]["labels"]["AS"]["auroc"]["value"] == 1
    assert found["positions"]["sup_Aor"]["labels"]["AS"]["specificity"]["value"] == 1


def test_a_position_is_measured_as_its_recordings_alone_are(five_label_predictions):
    """Value and interval of the AUROC are those of `measure` on the recordings of the position."""
    ids = five_label_predictions.query("level == 'recording'")["recording_id"].unique()
    places = {r: Position("sit", "Tri") if r.endswith("_0") else Position(None, "Pul") for r in ids}
    found = section(five_label_predictions, recordings_at(places))
    assert list(found["positions"]) == ["sit_Tri", "Pul"], "unknown posture last"
    rows = five_label_predictions[five_label_predictions["recording_id"].str.endswith("_0")]
    expected = measure(rows, seed=0, draws=100)["recording"]["labels"]
    for label, metrics in found["positions"]["sit_Tri"]["labels"].items():
        assert metrics["auroc"] == pytest.approx(expected[label]["auroc"])
        assert metrics["sensitivity"]["value"] == pytest.approx(expected[label]["sensitivity"]["value"])


def test_two_recordings_of_a_patient_are_no_independent_trials(two_positions):
    """Both recordings at one position: rates come with bootstrap intervals, and of eight recordings."""
    places = {f"p{p:03d}_{i}": AORTA for p in range(4) for i in range(2)}
    found = section(two_positions, recordings_at(places))["positions"]["sup_Aor"]
    assert (found["patients"], found["recordings"]) == (4, 8)
    entry = found["labels"]["AS"]["sensitivity"]
    exact = clopper_pearson(3, 4)
    assert (entry["value"], entry["n"]) == (0.75, 4)
    assert entry["low"] != pytest.approx(exact.low)


def test_unknown_positions_are_left_out(two_positions):
    """Recordings without a position belong to none; where nobody has one, there is no section."""
    places = {f"p{p:03d}_{i}": None if i else AORTA for p in range(4) for i in range(2)}
    found = section(two_positions, recordings_at(places))
    assert list(found["positions"]) == ["sup_Aor"]
    assert found["n"] == 4
    assert section(two_positions, recordings_at(dict.fromkeys(places))) is None


def test_unknown_truth_counts_nowhere(two_positions):
    """One ill patient less: 1 of 1 found at the other position."""
    places = {f"p{p:03d}_{i}": (AORTA, MITRAL)[i] for p in range(4) for i in range(2)}
    unknown = two_positions.assign(truth=two_positions["truth"].where(two_positions["patient_id"] != "p001"))
    found = section(unknown, recordings_at(places))["positions"]["sup_Mit"]["labels"]["AS"]
    assert (found["sensitivity"]["value"], found["sensitivity"]["n"]) == (1, 1)
    nobody = section(two_positions.assign(truth=np.nan), recordings_at(places))
    reason = "the truth is unknown for all recordings"
    assert nobody["positions"]["sup_Mit"]["labels"]["AS"]["auroc"] == {"value": None, "reason": reason}
