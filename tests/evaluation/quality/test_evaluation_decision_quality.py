from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heartprobe.data.recordings import POSTURES, VALVE_AREAS, Patient, Position, Recording, RecordingSet
from heartprobe.evaluation.quality.calibration_quality import calibration_section
from heartprobe.evaluation.quality.curves import curves_section
from heartprobe.evaluation.quality.decision_quality import decisions_section
from heartprobe.evaluation.quality.fusion_comparison import fusion_section
from heartprobe.evaluation.quality.positions import positions_section
from heartprobe.labels import LABELS


def section(predictions, *, specificity=0.9, draws=100) -> dict:
    found = decisions_section(
        predictions,
        rule={"threshold_rule": "youden"},
        specificity=specificity,
        prevalences=(0.05, 0.25),
        seed=0,
        draws=draws,
    )
    json.dumps(found, allow_nan=False)
    return found


def test_everything_is_there(five_label_predictions):
    """Every label in its order, both prevalences, and the settings as they were given."""
    found = section(five_label_predictions)
    assert found["rule"] == {"threshold_rule": "youden"}
    assert tuple(found["labels"]) == LABELS
    for of_label in found["labels"].values():
        assert [entry["prevalence"] for entry in of_label["at_prevalence"]] == [0.05, 0.25]
        assert [entry["prevalence"] for entry in of_label["net_benefit"]["at_prevalence"]] == [0.05, 0.25]
        assert set(of_label["uncertain"]) == {"share", "error_all", "error_decided", "curve"}


def test_an_all_abnormal_predictor(predictions_with):
    """One probability for all: no threshold has a specificity of 0.9 but that of declaring nobody."""
    truth = np.array([[0]] * 87 + [[1]] * 21)
    found = section(predictions_with(truth, np.zeros((108, 1)), ("N",)))["labels"]["N"]
    assert found["sensitivity_at_specificity"]["value"] == 0
    assert found["sensitivity_at_specificity"]["n"] == 87
    assert found["uncertain"]["error_all"]["value"] == pytest.approx(21 / 108)


@pytest.mark.parametrize(("specificity", "sensitivity"), [(0.9, 0.5), (0.75, 0.75), (0.5, 1.0)])
def test_sensitivity_at_a_specificity_by_hand(predictions_with, specificity, sensitivity):
    """The ill stand at places 1, 2, 4 and 6 of 8."""
    probability = np.array([[0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]]).T
    rows = predictions_with(np.array([[1, 1, 0, 1, 0, 1, 0, 0]]).T, probability, ("AS",))
    entry = section(rows, specificity=specificity)["labels"]["AS"]["sensitivity_at_specificity"]
    assert (entry["specificity"], entry["value"], entry["n"]) == (specificity, sensitivity, 4)


def test_thresholds_of_every_fold(predictions_with, rng):
    """As the table has them, by repeat and fold; null where it does not tell."""
    rows = predictions_with(rng.integers(0, 2, (6, 1)), rng.random((6, 1)), ("AS",))
    first = rows.assign(fold=[0, 0, 1, 1, 2, 2], threshold=[0.3, 0.3, 0.4, 0.4, 0.35, 0.35])
    second = rows.assign(repeat=1, threshold=np.nan)
    table = pd.concat([second, first], ignore_index=True)
    assert section(table)["labels"]["AS"]["thresholds"] == [
        {"repeat": 0, "fold": 0, "threshold": 0.3},
        {"repeat": 0, "fold": 1, "threshold": 0.4},
        {"repeat": 0, "fold": 2, "threshold": 0.35},
        {"repeat": 1, "fold": 0, "threshold": None},
    ]


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
def test_one_class_or_none(predictions_with, rng, value):
    """Nothing fails, and what cannot be told is null with a reason."""
    rows = predictions_with(np.full((5, 2), value), rng.random((5, 2)), ("N", "MS"))
    for of_label in section(rows)["labels"].values():
        for entry in (
            of_label["sensitivity_at_specificity"],
            of_label["net_benefit"],
            of_label["at_prevalence"][0]["ppv"],
        ):
            assert entry["value"] is None
            assert entry["reason"]


def test_unknown_truth_counts_nowhere(five_label_predictions):
    """Strangers of unknown truth leave every value and every curve as it was; draws have other patients."""
    patients = five_label_predictions.query("level == 'patient'")
    strangers = patients.assign(patient_id="x" + patients["patient_id"], truth=np.nan, probability=0.99, decision=1)
    with_strangers = section(pd.concat([patients, strangers], ignore_index=True))["labels"]
    without = section(patients)["labels"]
    for label in LABELS:
        found, expected = with_strangers[label], without[label]
        assert found["net_benefit"]["model"] == expected["net_benefit"]["model"]
        assert found["uncertain"]["error_all"] == expected["uncertain"]["error_all"]
        assert found["uncertain"]["curve"]["error"] == expected["uncertain"]["curve"]["error"]
        for name in ("ppv", "npv"):
            values = [side["at_prevalence"][0][name]["value"] for side in (found, expected)]
            assert values[0] == pytest.approx(values[1], abs=1e-12)


def test_all_sections_take_seconds(rng, predictions_with):
    """108 patients of 8 recordings, 5 labels, 5 repeats, 2000 draws: about 5 s on one core."""
    truth = rng.integers(0, 2, (108, 5))
    tables = []
    for repeat in range(5):
        tables.append(predictions_with(truth, rng.random((108, 5)), LABELS, repeat=repeat))
        for i in range(8):
            rows = predictions_with(truth, rng.random((108, 5)), LABELS, repeat=repeat, level="recording")
            tables.append(rows.assign(recording_id=rows["recording_id"] + f"_{i}"))
    predictions = pd.concat(tables, ignore_index=True).assign(uncalibrated=lambda rows: rows["probability"] ** 2)
    patients = predictions.query("level == 'patient'")
    rules = [
        patients.assign(rule=rule, probability=rng.random(len(patients)))
        for rule in ("mean", "median", "max", "noisy-or", "any-positive", "learned")
    ]
    positions = [Position(posture, area) for posture in POSTURES for area in VALVE_AREAS]
    recordings = RecordingSet(
        "made-up",
        tuple(
            Recording(f"p{p:03d}_{i}", f"p{p:03d}", Path("x.wav"), position)
            for p in range(108)
            for i, position in enumerate(positions)
        ),
        {f"p{p:03d}": Patient(f"p{p:03d}", {}) for p in range(108)},
    )
    statistics = {"seed": 0, "draws": 2000}
    start = time.process_time()
    calibration_section(predictions, method="platt", **statistics)
    decisions_section(predictions, rule={}, specificity=0.9, prevalences=(0.05, 0.25), **statistics)
    curves_section(predictions, **statistics)
    fusion_section(pd.concat(rules, ignore_index=True), used="mean", **statistics)
    positions_section(predictions, recordings, **statistics)
    assert time.process_time() - start < 10
