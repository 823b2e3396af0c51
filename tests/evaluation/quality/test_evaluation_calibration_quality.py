from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.quality.calibration_quality import EQUAL, OFTEN_PARTED, PARTED, calibration_section
from heartprobe.labels import LABELS

PROBABILITY = np.array([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1])
TRUTH = np.array([1, 1, 0, 1, 0, 1, 0, 0])


def of_label(predictions, label="AS", *, draws=200) -> dict:
    found = calibration_section(predictions, method="platt", seed=0, draws=draws)
    json.dumps(found, allow_nan=False)
    return found["labels"][label]


@pytest.fixture
def rows_of(predictions_with):
    """Predictions of one label from plain lists."""

    def rows(truth, probability, label="AS", **options):
        truth, probability = np.asarray(truth)[:, np.newaxis], np.asarray(probability, float)[:, np.newaxis]
        return predictions_with(truth, probability, (label,), **options)

    return rows


def test_by_hand(rows_of):
    """Eight patients: squared errors of 1.4; one bin, in which four are expected and four are ill."""
    found = of_label(rows_of(TRUTH, PROBABILITY))
    assert found["brier"]["value"] == pytest.approx(1.4 / 8, abs=1e-15)
    assert found["brier_of_prevalence"] == 0.25
    assert found["ece"]["value"] == pytest.approx(0, abs=1e-15)
    assert found["intercept"]["value"] == pytest.approx(0, abs=1e-9)
    assert [point["n"] for point in found["reliability"]] == [8]
    assert "uncalibrated" not in found


def test_agrees_with_scikit_learn_and_with_the_levels(five_label_predictions):
    """The Brier score is that of scikit-learn, and with its interval that of the table of metrics."""
    levels = measure(five_label_predictions, seed=0, draws=200)["patient"]["labels"]
    for label, rows in five_label_predictions.query("level == 'patient'").groupby("label"):
        found = of_label(five_label_predictions, label)["brier"]
        assert found["value"] == pytest.approx(brier_score_loss(rows["truth"], rows["probability"]), abs=1e-12)
        assert found == pytest.approx(levels[label]["brier"], abs=1e-12)


def test_before_and_after(rows_of, rng):
    """Log odds that were twice as far apart: half the slope, a worse Brier score and ECE, on the same patients."""
    odds = rng.normal(0, 1.5, 400)
    truth = rng.random(400) < 1 / (1 + np.exp(-odds))
    rows = rows_of(truth, 1 / (1 + np.exp(-odds))).assign(uncalibrated=1 / (1 + np.exp(-2 * odds)))
    after = of_label(rows)
    before = after["uncalibrated"]
    assert before["slope"]["value"] == pytest.approx(after["slope"]["value"] / 2, abs=1e-9)
    assert after["slope"]["low"] < 1 < after["slope"]["high"]
    assert before["slope"]["high"] < 1
    assert before["brier"]["value"] > after["brier"]["value"]
    assert before["ece"]["value"] > after["ece"]["value"]
    assert before["ece"]["value"] > before["ece"]["upper_if_calibrated"]
    assert len(before["reliability"]) == len(after["reliability"]) == 10
    # The bins follow the order, which calibration does not change.
    assert [p["observed"] for p in before["reliability"]] == [p["observed"] for p in after["reliability"]]


def test_normal_is_turned_round(rows_of, rng):
    """P(normal) and its truth give what P(abnormal) and its truth give for a lesion."""
    truth, probability = rng.integers(0, 2, 60), rng.integers(1, 64, 60) / 64
    of_normal = of_label(rows_of(truth, probability, "N").assign(uncalibrated=0.5), "N")
    of_lesion = of_label(rows_of(1 - truth, 1 - probability).assign(uncalibrated=0.5))
    assert json.dumps(of_normal) == json.dumps(of_lesion)


def test_unknown_truth_counts_nowhere(rows_of, rng):
    """Patients of unknown truth, however predicted, leave every value as it was."""
    truth = np.append(rng.integers(0, 2, 50).astype(float), [np.nan] * 30)
    rows = rows_of(truth, rng.random(80))
    everybody, known = of_label(rows), of_label(rows.dropna(subset="truth"))
    assert everybody["reliability"] == known["reliability"]
    for name in ("brier", "slope", "intercept"):
        assert everybody[name]["value"] == pytest.approx(known[name]["value"], abs=1e-12)
        assert everybody[name]["n"] == 50
    assert everybody["ece"]["value"] == known["ece"]["value"]
    assert everybody["brier_of_prevalence"] == pytest.approx(known["brier_of_prevalence"])


def test_repeats_are_averaged(rows_of):
    """Two repeats: every value is the mean of theirs, and the same repeat twice has the interval of one."""
    first, second = rows_of(TRUTH, PROBABILITY), rows_of(TRUTH, PROBABILITY[::-1], repeat=1)
    both = of_label(pd.concat([first, second], ignore_index=True))
    alone = [of_label(rows) for rows in (first, second)]
    for name in ("brier", "slope", "intercept", "ece"):
        assert both[name]["value"] == pytest.approx(np.mean([a[name]["value"] for a in alone]), abs=1e-9)
    twice = of_label(pd.concat([first, first.assign(repeat=1)], ignore_index=True))
    assert twice["brier"] == pytest.approx(alone[0]["brier"], abs=1e-12)


@pytest.mark.parametrize(
    ("truth", "probability", "reason"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.7], PARTED),
        ([0, 1, 1, 1], [0.4] * 4, EQUAL),
        ([1, 1, 1, 1], [0.1, 0.2, 0.6, 0.7], "none of the patients is negative for AS"),
        ([0, 0, 0, 0], [0.1, 0.2, 0.6, 0.7], "none of the patients is positive for AS"),
    ],
)
def test_a_slope_that_cannot_be_told(rows_of, truth, probability, reason):
    """Null with the reason; what can be told is."""
    found = of_label(rows_of(truth, probability))
    assert found["slope"] == {"value": None, "reason": reason}
    assert found["brier"]["value"] is not None
    assert found["ece"]["value"] is not None
    is_of_one_class = reason.startswith("none")
    assert (found["intercept"]["value"] is None) == is_of_one_class


def test_repeats_that_cannot_tell_are_counted(rows_of):
    """One of two repeats parts the classes: no mean slope, and the reason says in how many."""
    parted = rows_of(TRUTH, np.where(TRUTH, 0.8, 0.2), repeat=1)
    found = of_label(pd.concat([rows_of(TRUTH, PROBABILITY), parted], ignore_index=True))
    assert found["slope"] == {"value": None, "reason": f"in 1 of 2 repeats {PARTED}"}


def test_draws_that_part_the_classes_leave_no_upper_limit(rows_of):
    """One pair out of order: a third of the draws lack one of them, and the interval is withheld."""
    found = of_label(rows_of([0] * 6 + [1] * 6, [0.1, 0.1, 0.2, 0.2, 0.3, 0.7, 0.6, 0.8, 0.8, 0.9, 0.9, 0.9]))
    assert found["slope"]["value"] > 0
    assert (found["slope"]["low"], found["slope"]["high"]) == (None, None)
    assert found["slope"]["reason"] == OFTEN_PARTED


def test_nothing_is_known(rows_of):
    """Without a single truth everything is null with the reason."""
    found = of_label(rows_of([np.nan] * 4, [0.1, 0.2, 0.6, 0.7]))
    nothing = {"value": None, "reason": "the truth is unknown for all patients"}
    assert all(found[name] == nothing for name in ("brier", "ece", "slope", "intercept"))
    assert found["reliability"] == []
    assert found["brier_of_prevalence"] is None


def test_the_same_seed_gives_the_same_section(five_label_predictions):
    """Byte by byte, for every label in its order."""
    sections = [calibration_section(five_label_predictions, method="temperature", seed=7, draws=100) for _ in range(2)]
    assert json.dumps(sections[0]) == json.dumps(sections[1])
    assert sections[0]["method"] == "temperature"
    assert tuple(sections[0]["labels"]) == LABELS
