from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, mannwhitneyu
from sklearn import metrics as sk

from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.formulas import Outcomes, metrics_of
from heartprobe.evaluation.metrics.intervals import bootstrap_interval
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.predictions.table import read_predictions, write_predictions
from heartprobe.labels import LABELS


def of_patients(predictions: pd.DataFrame, *, draws: int = 100, seed: int = 0) -> dict:
    return measure(predictions, seed=seed, draws=draws)["patient"]


@pytest.fixture
def five_labels(rng, predictions_with):
    """40 patients, 5 labels, in two repeats and at both levels, 3 recordings each."""
    truth = rng.integers(0, 2, (40, 5))
    truth[:10] = 0
    truth[:, 0] = truth[:, 1:].sum(axis=1) == 0
    tables = []
    for repeat in range(2):
        of_recordings = np.clip(truth[:, np.newaxis] * 0.3 + rng.random((40, 3, 5)) * 0.7, 0, 1)
        tables.append(predictions_with(truth, of_recordings.mean(axis=1), LABELS, repeat=repeat))
        for i in range(3):
            rows = predictions_with(truth, of_recordings[:, i], LABELS, repeat=repeat, level="recording")
            tables.append(rows.assign(recording_id=rows["recording_id"] + f"_{i}"))
    return pd.concat(tables, ignore_index=True)


def test_an_all_abnormal_predictor(predictions_with):
    """Sensitivity 1 with its exact interval, specificity 0, and what cannot be known is null with its reason."""
    truth = np.array([[0]] * 87 + [[1]] * 21)
    found = of_patients(predictions_with(truth, np.zeros((108, 1)), ("N",)))["labels"]["N"]
    assert found["sensitivity"] == {"value": 1.0, "low": pytest.approx(0.9585, abs=1e-4), "high": 1.0, "n": 87}
    assert found["specificity"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.1611, abs=1e-4), "n": 21}
    assert found["accuracy"]["value"] == pytest.approx(0.806, abs=1e-3)
    assert found["confusion"] == {"tn": 0, "fp": 21, "fn": 0, "tp": 87}
    assert found["npv"] == {"value": None, "reason": "none of the patients was declared normal"}
    assert found["mcc"] == {"value": None, "reason": "none of the patients was declared normal"}


def test_21_of_21_normals_right(predictions_with):
    """Specificity 1.00, exact interval 0.839 to 1."""
    truth = np.array([[0]] * 87 + [[1]] * 21)
    entry = of_patients(predictions_with(truth, truth, ("N",)))["labels"]["N"]["specificity"]
    assert entry == {"value": 1.0, "low": pytest.approx(0.839, abs=5e-4), "high": 1.0, "n": 21}


def test_agrees_with_scikit_learn_from_the_columns(five_labels, tmp_path):
    """Every label, macro and micro, of each repeat, from the file alone, averaged over the repeats."""
    write_predictions(five_labels, tmp_path / "predictions.csv")
    read = read_predictions(tmp_path / "predictions.csv")
    found = measure(read, seed=0, draws=100)
    table = pd.read_csv(tmp_path / "predictions.csv")
    for level in ("patient", "recording"):
        wide = [
            part.pivot(
                index=["patient_id", "recording_id"], columns="label", values=["truth", "probability", "decision"]
            )
            for _, part in table.fillna({"recording_id": ""}).query("level == @level").groupby("repeat")
        ]
        columns = [
            [part[name][list(LABELS)].to_numpy() for name in ("truth", "probability", "decision")] for part in wide
        ]
        for average in ("macro", "micro"):
            expected = {
                "auroc": np.mean([sk.roc_auc_score(t, p, average=average) for t, p, _ in columns]),
                "average_precision": np.mean(
                    [sk.average_precision_score(t, p, average=average) for t, p, _ in columns]
                ),
                "f1": np.mean([sk.f1_score(t.astype(int), d.astype(int), average=average) for t, _, d in columns]),
            }
            for name, value in expected.items():
                assert found[level][average][name]["value"] == pytest.approx(value, abs=1e-12)
        for i, label in enumerate(LABELS):
            auroc = np.mean([sk.roc_auc_score(t[:, i], p[:, i]) for t, p, _ in columns])
            assert found[level]["labels"][label]["auroc"]["value"] == pytest.approx(auroc, abs=1e-12)
        accuracy = np.mean([(t == d).mean() for t, _, d in columns])
        assert found[level]["micro"]["accuracy"]["value"] == pytest.approx(accuracy, abs=1e-12)


def test_micro_rates_are_of_the_finding(predictions_with):
    """N = 1 and AS = 0 are both healthy: two patients called healthy throughout have no positive call."""
    truth = np.array([[1, 0], [0, 1]])
    found = of_patients(predictions_with(truth, np.array([[1.0, 0.0], [1.0, 0.0]]), ("N", "AS")))["micro"]
    assert found["sensitivity"]["value"] == 0
    assert found["specificity"]["value"] == 1
    assert found["ppv"] == {"value": None, "reason": "none of the pairs of label and patient was declared positive"}


def test_the_interval_is_that_of_a_plain_bootstrap(five_labels):
    """scipy, resampling patients with all their recordings in a slow loop, finds the limits of one label again."""
    rows = five_labels.query("repeat == 0 and level == 'recording' and label == 'AS'")
    entry = measure(rows, seed=5, draws=2000)["recording"]["labels"]["AS"]["auroc"]
    groups = [(group["truth"].iloc[0], group["probability"].to_numpy()) for _, group in rows.groupby("patient_id")]

    def auroc(drawn):
        ill, well = (np.concatenate([groups[int(i)][1] for i in drawn if groups[int(i)][0] == v]) for v in (1, 0))
        return mannwhitneyu(ill, well).statistic / (len(ill) * len(well))

    patients = (np.arange(len(groups)),)
    expected = bootstrap(patients, auroc, vectorized=False, n_resamples=1000, method="BCa", rng=9).confidence_interval
    assert (entry["low"], entry["high"]) == pytest.approx((expected.low, expected.high), abs=0.015)
    assert entry["n"] == 120


def test_recordings_of_a_patient_are_not_independent(predictions_with, rng):
    """Eight copies of each patient's recording: intervals at recording level are as wide as at patient level."""
    truth = rng.integers(0, 2, (60, 1))
    probability = np.clip(truth * 0.3 + rng.random((60, 1)) * 0.7, 0, 1)
    patients = predictions_with(truth, probability, ("AS",))
    copies = [
        rows.assign(recording_id=rows["recording_id"] + f"_{i}")
        for i, rows in enumerate([predictions_with(truth, probability, ("AS",), level="recording")] * 8)
    ]
    found = measure(pd.concat([patients, *copies], ignore_index=True), seed=0, draws=500)
    auroc = {level: found[level]["labels"]["AS"]["auroc"] for level in found}
    assert auroc["recording"] == {**auroc["patient"], "n": 480}
    rate = {level: found[level]["labels"]["AS"]["sensitivity"] for level in found}
    width = {level: entry["high"] - entry["low"] for level, entry in rate.items()}
    assert width["recording"] == pytest.approx(width["patient"], rel=0.25)


def test_repeats_are_averaged_and_add_no_patients(predictions_with):
    """3 of 4 ill patients found in one repeat, 4 of 4 in the other: 7/8, and an interval of 3.5 in 4."""
    truth = np.array([[1]] * 4 + [[0]] * 6)
    first, second = truth.astype(float), truth.astype(float)
    first[0] = 0.25
    both = [predictions_with(truth, p, ("AS",), repeat=r) for r, p in enumerate((first, second))]
    found = of_patients(pd.concat(both, ignore_index=True))
    entry = found["labels"]["AS"]["sensitivity"]
    once = of_patients(both[0])["labels"]["AS"]["sensitivity"]
    assert found["repeats"] == 2
    assert found["patients"] == 10
    assert entry["value"] == 0.875
    assert entry["n"] == 4
    assert once["low"] < entry["low"] < 0.875 < entry["high"] <= 1
    assert found["labels"]["AS"]["confusion"] == {"tn": 6, "fp": 0, "fn": 0.5, "tp": 3.5}


def test_a_repeat_that_is_undefined_makes_the_mean_undefined(predictions_with):
    """Nobody was called ill in one of two repeats."""
    truth = np.array([[1], [0], [0]])
    repeats = [predictions_with(truth, truth * p, ("AS",), repeat=r) for r, p in enumerate((1.0, 0.1))]
    entry = of_patients(pd.concat(repeats, ignore_index=True))["labels"]["AS"]["ppv"]
    assert entry == {"value": None, "reason": "in 1 of 2 repeats none of the patients was declared positive for AS"}


def test_macro_leaves_undefined_labels_out_and_says_so(predictions_with):
    """Nobody has MS: macro AUROC is that of AS, and MS is named; sensitivity of MS has a reason."""
    truth = np.array([[1, 0], [1, 0], [0, 0], [0, 0]] * 5)
    found = of_patients(predictions_with(truth, truth * 0.5 + 0.25, ("AS", "MS")))
    assert found["macro"]["auroc"] == {
        "value": 1.0,
        "low": None,
        "high": None,
        "n": 20,
        "reason": "all draws of the bootstrap agree",
        "left_out": ["MS"],
    }
    assert found["labels"]["MS"]["auroc"] == {"value": None, "reason": "none of the patients is positive for MS"}
    assert "left_out" not in found["macro"]["accuracy"]


def test_macro_that_is_undefined_everywhere_names_each_reason(predictions_with):
    """Nobody has anything."""
    found = of_patients(predictions_with(np.zeros((5, 2)), np.zeros((5, 2)), ("AS", "MS")))
    assert found["macro"]["auroc"]["value"] is None
    assert found["macro"]["auroc"]["reason"] == (
        "AS: none of the patients is positive for AS; MS: none of the patients is positive for MS"
    )


def test_too_few_of_a_class_give_a_value_without_an_interval(predictions_with):
    """With one ill patient a third of the draws has none: the interval of the AUROC is withheld, with the reason."""
    truth = np.array([[1]] + [[0]] * 9)
    entry = of_patients(predictions_with(truth, truth, ("AS",)), draws=1000)["labels"]["AS"]["auroc"]
    assert entry == {
        "value": 1.0,
        "low": None,
        "high": None,
        "n": 10,
        "reason": "too few patients of a class: many draws of the bootstrap have none",
    }


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_an_unknown_label_counts_nowhere(predictions_with, seed):
    """Patients whose truth is unknown change no value: the metrics are those of the others."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, (30, 2)).astype(float)
    probability = rng.random((30, 2))
    truth[rng.random((30, 2)) < 0.3] = np.nan
    everybody = predictions_with(truth, probability, ("N", "AS"))
    known = everybody.dropna(subset=["truth"])
    with_unknown, without = of_patients(everybody), of_patients(known)
    for label in ("N", "AS"):
        for name, entry in without["labels"][label].items():
            other = with_unknown["labels"][label][name]
            if name == "confusion":
                assert other == entry
            else:
                assert other["value"] == (None if entry["value"] is None else pytest.approx(entry["value"], abs=1e-12))
                assert other.get("n") == entry.get("n")
    report = with_unknown["classification_report"]
    assert [row["support"] for row in report] == [row["support"] for row in without["classification_report"]]


def test_a_label_of_which_nothing_is_known(predictions_with):
    """Every metric is null, and says that the truth is unknown."""
    truth = np.array([[1.0, np.nan], [0.0, np.nan]] * 3)
    found = of_patients(predictions_with(truth, np.full((6, 2), 0.7), ("AS", "N")))
    entries = [entry for name, entry in found["labels"]["N"].items() if name != "confusion"]
    assert len(entries) == 13
    assert all(e == {"value": None, "reason": "the truth is unknown for all patients"} for e in entries)
    assert found["micro"]["accuracy"]["n"] == 6


def test_the_report_is_plain_and_the_same_again(five_labels):
    """JSON without NaN, and byte for byte the same for the same seed and for rows in another order of patients."""
    once = json.dumps(measure(five_labels, seed=3, draws=100), allow_nan=False)
    assert once == json.dumps(measure(five_labels.copy(), seed=3, draws=100), allow_nan=False)
    assert once != json.dumps(measure(five_labels, seed=4, draws=100), allow_nan=False)


def test_the_layout(five_labels):
    """Both levels, all labels in the declared order, every metric with value, limits and n."""
    found = measure(five_labels, seed=0, draws=100)
    assert list(found) == ["patient", "recording"]
    for level, units in (("patient", 40), ("recording", 120)):
        assert list(found[level]) == [
            "patients", "units", "repeats", "labels", "macro", "micro", "classification_report",
        ]  # fmt: skip
        assert [found[level][key] for key in ("patients", "units", "repeats")] == [40, units, 2]
        assert tuple(found[level]["labels"]) == LABELS
        for metrics in (*found[level]["labels"].values(), found[level]["macro"], found[level]["micro"]):
            for name, entry in metrics.items():
                if name != "confusion":
                    assert list(entry)[:4] == ["value", "low", "high", "n"]
                    assert all(type(number) in (int, float) for number in list(entry.values())[:4])
                    assert entry["low"] <= entry["value"] <= entry["high"]
        assert "f1_abnormal" in found[level]["labels"]["N"]
        assert "f1_abnormal" not in found[level]["labels"]["AS"]


def test_demographics_alone_have_the_patient_level_only(predictions_with, rng):
    """What has no recordings has no recording level."""
    rows = predictions_with(rng.integers(0, 2, (20, 1)), rng.random((20, 1)), ("N",))
    assert list(measure(rows, seed=0, draws=100)) == ["patient"]


def test_two_thousand_draws_take_seconds(rng, predictions_with):
    """108 patients of 8 recordings, 5 labels, both levels."""
    truth = rng.integers(0, 2, (108, 5))
    tables = [predictions_with(truth, rng.random((108, 5)), LABELS)]
    for i in range(8):
        rows = predictions_with(truth, rng.random((108, 5)), LABELS, level="recording")
        tables.append(rows.assign(recording_id=rows["recording_id"] + f"_{i}"))
    predictions = pd.concat(tables, ignore_index=True)
    start = time.process_time()
    measure(predictions, seed=0, draws=2000)
    assert time.process_time() - start < 5


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("shift", [1.4, 2.6])
def test_intervals_hold_the_truth_about_95_times_in_a_hundred(shift):
    """800 cohorts of 108 patients from a population whose AUROC is 0.84 or 0.97, known from a million patients."""
    rng = np.random.default_rng(77)

    def cohort(n):
        truth = (rng.random(n) < 0.35).astype(np.int8)
        probability = 1 / (1 + np.exp(-rng.normal(shift * (truth - 0.5), 1.0)))
        decision = (probability >= 0.5).astype(np.int8)
        return Outcomes(truth, probability, decision, np.ones(n, np.int8), np.arange(n))

    population = metrics_of(cohort(1_000_000), np.ones((1_000_000, 1)))
    covered = {name: [] for name in ("auroc", "average_precision", "f1", "balanced_accuracy", "mcc", "brier")}
    for seed in range(800):
        resamples = Resamples.of(108, draws=1000, seed=seed)
        found = metrics_of(cohort(108), resamples.weights)
        for name, held in covered.items():
            interval = bootstrap_interval(*resamples.parts(found[name]))
            held.append(interval.low <= population[name][0] <= interval.high)
    # Two standard errors of a share of 800 are 1.5 %.
    assert all(0.915 <= np.mean(held) <= 0.975 for held in covered.values())
    assert 0.93 <= np.mean(list(covered.values())) <= 0.97
