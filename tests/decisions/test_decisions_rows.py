from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.data.split import Split
from heartprobe.decisions.decider import Decider
from heartprobe.decisions.rows import fusion_rows, prediction_rows
from heartprobe.errors import SplitError
from heartprobe.evaluation.predictions.table import write_predictions
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities

SPLIT = Split(repeat=1, fold=2, train_only=("t",), validation_folds=(("v",),), test=("a", "b"))
AS_IT_IS = {"slope": 1.0, "intercept": 0.0}


def level(threshold: float, reach: float = 0.0, **calibration: float) -> dict[str, object]:
    return {
        "calibration": AS_IT_IS | calibration,
        "threshold": {"value": threshold},
        "band": {"low": threshold - reach, "high": threshold + reach},
    }


def decider(rule: str = "mean", **changed: object) -> Decider:
    """Return a decider of N and AS that changes nothing and declares from one half on."""
    labels = {label: {"recordings": level(0.5), "patients": level(0.5)} for label in ("N", "AS")}
    return Decider.from_dict(
        {
            "patient_rule": rule,
            "calibration": "none",
            "threshold_rule": "fixed",
            "largest_error": 0.1,
            "labels": labels | changed,
        }
    )


@pytest.fixture
def recordings() -> RecordingSet:
    """Patients a and b of two recordings; the AS of b is unknown."""
    labels = {"a": {"N": 0, "AS": 1}, "b": {"N": 1, "AS": None}, "v": {"N": 1, "AS": 0}}
    return RecordingSet(
        "made-up",
        tuple(Recording(f"{patient}_{i}", patient, Path("none.wav")) for patient in labels for i in range(2)),
        {patient: Patient(patient, values) for patient, values in labels.items()},
    )


WINDOWS = WindowProbabilities(
    ("a_0", "a_0", "a_1", "b_0", "b_1"), np.array([[0.25, 0.5], [0.75, 0.5], [0.25, 1.0], [1.0, 0.0], [0.5, 0.0]])
)


def test_the_file_by_hand(recordings, tmp_path):
    """Windows become recordings, recordings patients; P(normal) of one half is P(abnormal) of one half: declared."""
    write_predictions(prediction_rows(SPLIT, recordings, WINDOWS, decider()), tmp_path / "predictions.csv")
    assert (tmp_path / "predictions.csv").read_text().splitlines() == [
        "repeat,fold,level,patient_id,recording_id,label,truth,probability,decision,uncalibrated,threshold,uncertain",
        "1,2,recording,a,a_0,N,0,0.5,0,0.5,0.5,0",
        "1,2,recording,a,a_0,AS,1,0.5,1,0.5,0.5,0",
        "1,2,recording,a,a_1,N,0,0.25,0,0.25,0.5,0",
        "1,2,recording,a,a_1,AS,1,1.0,1,1.0,0.5,0",
        "1,2,recording,b,b_0,N,1,1.0,1,1.0,0.5,0",
        "1,2,recording,b,b_0,AS,,0.0,0,0.0,0.5,0",
        "1,2,recording,b,b_1,N,1,0.5,0,0.5,0.5,0",
        "1,2,recording,b,b_1,AS,,0.0,0,0.0,0.5,0",
        "1,2,patient,a,,N,0,0.375,0,0.375,0.5,0",
        "1,2,patient,a,,AS,1,0.75,1,0.75,0.5,0",
        "1,2,patient,b,,N,1,0.75,1,0.75,0.5,0",
        "1,2,patient,b,,AS,,0.0,0,0.0,0.5,0",
    ]


def test_patients_are_calibrated_and_withheld(recordings):
    """Odds of 3 for AS in a become 3/4, a probability of 3/7, in a band from 0.375 to 0.625."""
    chosen = {"recordings": level(0.5), "patients": level(0.5, 0.125, intercept=-np.log(4))}
    rows = prediction_rows(SPLIT, recordings, WINDOWS, decider(AS=chosen)).query("level == 'patient'")
    of_a = rows[(rows["patient_id"] == "a") & (rows["label"] == "AS")].iloc[0]
    assert (of_a["uncalibrated"], of_a["decision"], of_a["uncertain"]) == (0.75, 0, 1)
    assert of_a["probability"] == pytest.approx(3 / 7)
    assert rows["uncertain"].sum() == 1


def test_a_decision_that_its_recordings_do_not_share_is_withheld(recordings):
    """Of the recordings of a, one of two reaches 0.75: half is enough. In the second table, neither does."""
    rows = prediction_rows(
        SPLIT, recordings, WINDOWS, decider(AS={"recordings": level(0.75), "patients": level(0.5)})
    ).query("level == 'patient' and patient_id == 'a' and label == 'AS'")
    assert rows["uncertain"].tolist() == [0]
    windows = WindowProbabilities(WINDOWS.recording_ids, WINDOWS.probabilities * 0.7)
    rows = prediction_rows(
        SPLIT, recordings, windows, decider(AS={"recordings": level(0.75), "patients": level(0.5)})
    ).query("level == 'patient' and patient_id == 'a' and label == 'AS'")
    assert (rows["decision"].tolist(), rows["uncertain"].tolist()) == ([1], [1])


def test_fusion_rows_hold_patients_by_rule(recordings):
    """`max` of a is 1.0 for AS, and for N the smallest P(normal)."""
    rows = fusion_rows(SPLIT, recordings, WINDOWS, {"mean": decider(), "max": decider("max")})
    assert set(rows["level"]) == {"patient"}
    assert rows.groupby("rule").size().to_dict() == {"max": 4, "mean": 4}
    of_max = rows[(rows["rule"] == "max") & (rows["patient_id"] == "a")]
    assert dict(zip(of_max["label"], of_max["probability"], strict=True)) == {"N": 0.25, "AS": 1.0}
    again = prediction_rows(SPLIT, recordings, WINDOWS, decider()).query("level == 'patient'")
    assert rows[rows["rule"] == "mean"]["probability"].tolist() == again["probability"].tolist()


def test_windows_of_others_are_refused(recordings):
    with pytest.raises(SplitError, match="Split 1/2 does not test v:"):
        prediction_rows(SPLIT, recordings, WindowProbabilities(("v_0",), np.full((1, 2), 0.5)), decider())
    with pytest.raises(SplitError, match="Split 1/2 tests b, but there are no predictions for them"):
        fusion_rows(SPLIT, recordings, WindowProbabilities(("a_0",), np.full((1, 2), 0.5)), {"mean": decider()})


def test_some_of_the_labels(recordings):
    """A data set that does not know N is decided as before for AS."""
    alone = prediction_rows(SPLIT, recordings, WINDOWS.of_labels([1]), decider().of_labels(["AS"]))
    both = prediction_rows(SPLIT, recordings, WINDOWS, decider()).query("label == 'AS'")
    assert alone["probability"].tolist() == both["probability"].tolist()
