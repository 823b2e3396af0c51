from __future__ import annotations

import copy
import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap, mannwhitneyu

from heartprobe.errors import ConfigError, DataError
from heartprobe.evaluation.comparison.compare import COMPARED, compare
from heartprobe.evaluation.comparison.runs import DEMOGRAPHICS_ALONE, compare_runs
from heartprobe.evaluation.metrics.intervals import (
    ALL_EQUAL,
    TOO_FEW,
    Interval,
    difference_interval,
    difference_p_value,
)
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.predictions.table import write_predictions
from heartprobe.labels import LABELS

# 10 with and 10 without the finding; the baseline finds 5 of the 10, the run the same 5 and 3 more.
TRUTH = np.array([[1]] * 10 + [[0]] * 10)
FIVE = np.array([[0.9]] * 5 + [[0.1]] * 15)
EIGHT = np.array([[0.9]] * 8 + [[0.1]] * 12)


def difference(baseline: pd.DataFrame, run: pd.DataFrame, **options) -> dict:
    return compare(baseline, run, **({"level": "patient", "seed": 0, "draws": 400} | options))


@pytest.fixture
def other_five_labels(five_label_predictions) -> pd.DataFrame:
    """The same patients and recordings by a worse model."""
    rng = np.random.default_rng(13)
    probability = np.clip(
        five_label_predictions["probability"] + rng.normal(0, 0.15, len(five_label_predictions)), 0, 1
    )
    return five_label_predictions.assign(probability=probability, decision=(probability >= 0.5).astype(int))


def test_three_more_of_ten_are_found(predictions_with):
    """0.3 more sensitivity; without these three patients, 0.85 ** 20 = 3.9 % of the draws, there is no difference."""
    found = difference(predictions_with(TRUTH, FIVE, ("AS",)), predictions_with(TRUTH, EIGHT, ("AS",)), draws=20000)
    entry = found["labels"]["AS"]["sensitivity"]
    assert entry == {
        "value": pytest.approx(0.3, abs=1e-12),
        "low": 0.0,
        "high": pytest.approx(0.6, abs=0.02),
        "p": pytest.approx(2 * 0.85**20, abs=0.006),
        "n": 10,
        "baseline": 0.5,
        "run": 0.8,
    }
    # AUROC with ties: (1 + 0.5) / 2 = 0.75 against 0.8 + 0.2 / 2 = 0.9. Brier: 0.8 * 3 / 20 = 0.12 less.
    assert found["labels"]["AS"]["auroc"]["value"] == pytest.approx(0.15, abs=1e-12)
    assert found["labels"]["AS"]["brier"]["value"] == pytest.approx(-0.12, abs=1e-12)
    assert found["patients"] == 20


def test_equal_decisions_are_no_certainty(predictions_with):
    """Both are right about all 10 without the finding: no interval, no p-value, and the reason."""
    found = difference(predictions_with(TRUTH, FIVE, ("AS",)), predictions_with(TRUTH, EIGHT, ("AS",)))
    assert found["labels"]["AS"]["specificity"] == {
        "value": 0.0,
        "low": None,
        "high": None,
        "p": None,
        "n": 10,
        "baseline": 1.0,
        "run": 1.0,
        "reason": ALL_EQUAL,
    }


@pytest.mark.parametrize("level", ["patient", "recording"])
def test_a_run_against_itself(five_label_predictions, level):
    """Exactly no difference, from 0 to 0, p = 1, for every label, metric and macro; the order of rows is nothing."""
    shuffled = five_label_predictions.sample(frac=1, random_state=1)
    found = difference(five_label_predictions, shuffled, level=level)
    assert found["only_in_baseline"] == found["only_in_run"] == 0
    for metrics in (*found["labels"].values(), found["macro"]):
        assert list(metrics) == list(COMPARED)
        for entry in metrics.values():
            assert (entry["value"], entry["low"], entry["high"], entry["p"]) == (0.0, 0.0, 0.0, 1.0)


def test_swapping_swaps_the_signs(five_label_predictions, other_five_labels):
    """Limits change places and signs, p stays."""
    there = difference(five_label_predictions, other_five_labels)
    back = difference(other_five_labels, five_label_predictions)
    for group, metrics in [*there["labels"].items(), ("macro", there["macro"])]:
        for name, entry in metrics.items():
            mirrored = back["macro"][name] if group == "macro" else back["labels"][group][name]
            assert entry["value"] == -mirrored["value"]
            assert (entry["low"], entry["high"]) == pytest.approx((-mirrored["high"], -mirrored["low"]), abs=1e-12)
            assert entry["p"] == mirrored["p"]
            assert (entry["baseline"], entry["run"]) == (mirrored["run"], mirrored["baseline"])


@pytest.mark.parametrize("level", ["patient", "recording"])
def test_both_sides_are_what_a_report_says(five_label_predictions, other_five_labels, level):
    """The two values are those of `measure`, and the difference is theirs."""
    found = difference(five_label_predictions, other_five_labels, level=level)
    sides = [measure(table, seed=0, draws=100)[level] for table in (five_label_predictions, other_five_labels)]
    for group in (*LABELS, "macro"):
        entries = found["macro"] if group == "macro" else found["labels"][group]
        values = [side["macro"] if group == "macro" else side["labels"][group] for side in sides]
        for name, entry in entries.items():
            assert entry["baseline"] == pytest.approx(values[0][name]["value"], abs=1e-12)
            assert entry["run"] == pytest.approx(values[1][name]["value"], abs=1e-12)
            assert entry["value"] == pytest.approx(entry["run"] - entry["baseline"], abs=1e-12)
            assert entry["n"] == values[0][name]["n"]


def test_the_interval_is_that_of_a_plain_paired_bootstrap(five_label_predictions, other_five_labels):
    """scipy, drawing patients for both in a slow loop, finds the limits again."""
    entry = difference(five_label_predictions, other_five_labels, draws=4000)["labels"]["MR"]["auroc"]
    truth, first, second = (
        table.query("level == 'patient' and label == 'MR'")[column].to_numpy()
        for table, column in (
            (five_label_predictions, "truth"),
            (five_label_predictions, "probability"),
            (other_five_labels, "probability"),
        )
    )

    def auroc(drawn, probability):
        ill, well = (probability[drawn][truth[drawn] == value] for value in (1, 0))
        return mannwhitneyu(ill, well).statistic / (len(ill) * len(well))

    expected = bootstrap(
        (np.arange(len(truth)),),
        lambda drawn: auroc(drawn, second) - auroc(drawn, first),
        vectorized=False,
        n_resamples=1500,
        method="percentile",
        rng=9,
    ).confidence_interval
    assert (entry["low"], entry["high"]) == pytest.approx((expected.low, expected.high), abs=0.006)


def test_the_same_patients_make_it_surer(five_label_predictions):
    """Two alike models: the interval of the difference is less than half as wide as either's own."""
    noise = np.random.default_rng(14).normal(0, 0.03, len(five_label_predictions))
    alike = five_label_predictions.assign(probability=np.clip(five_label_predictions["probability"] + noise, 0, 1))
    entry = difference(five_label_predictions, alike)["labels"]["MR"]["auroc"]
    own = measure(five_label_predictions, seed=0, draws=400)["patient"]["labels"]["MR"]["auroc"]
    assert entry["high"] - entry["low"] < 0.5 * (own["high"] - own["low"])


def test_repeats_are_averaged(predictions_with):
    """5 of 10 in one repeat and 8 in the other are 0.65 against 0.5; the runs need not have as many repeats."""
    twice = [predictions_with(TRUTH, p, ("AS",), repeat=r) for r, p in enumerate((FIVE, EIGHT))]
    found = difference(predictions_with(TRUTH, FIVE, ("AS",)), pd.concat(twice, ignore_index=True))
    entry = found["labels"]["AS"]["sensitivity"]
    assert (entry["baseline"], entry["run"]) == (0.5, pytest.approx(0.65, abs=1e-12))
    assert entry["value"] == pytest.approx(0.15, abs=1e-12)


def test_only_shared_patients_and_labels_count(predictions_with):
    """The run lacks 2 patients and has 1 more label; what it says about others is nobody's business."""
    baseline = predictions_with(np.vstack([TRUTH, [[1], [1], [0]]]), np.vstack([FIVE, [[0.1], [0.1], [0.9]]]), ("AS",))
    both = predictions_with(np.hstack([TRUTH, TRUTH]), np.hstack([EIGHT, FIVE]), ("AS", "MS"))
    run = both[~both["patient_id"].isin(["p018", "p019"])]
    found = difference(baseline, run)
    assert (found["patients"], found["only_in_baseline"], found["only_in_run"]) == (18, 5, 0)
    assert found["labels_in_one"] == ["MS"]
    assert list(found["labels"]) == ["AS"]
    assert found["labels"]["AS"]["sensitivity"]["value"] == pytest.approx(0.3, abs=1e-12)
    assert found["labels"]["AS"]["specificity"]["n"] == 8
    assert (difference(run, baseline)["only_in_baseline"], difference(run, baseline)["only_in_run"]) == (0, 5)


def test_a_truth_that_one_does_not_know_is_left_out(predictions_with):
    """Unknown in the run for one of the three who were found in addition: 2 of 9."""
    run = predictions_with(TRUTH, EIGHT, ("AS",))
    run.loc[7, "truth"] = np.nan
    found = difference(predictions_with(TRUTH, FIVE, ("AS",)), run)
    entry = found["labels"]["AS"]["sensitivity"]
    assert entry["n"] == 9
    assert entry["value"] == pytest.approx(7 / 9 - 5 / 9, abs=1e-12)
    assert found["patients"] == 19


def test_undefined_is_null_with_its_reason(predictions_with):
    """Nobody has MS; macro is that of AS and says so."""
    truth = np.hstack([TRUTH, np.zeros_like(TRUTH)])
    tables = [predictions_with(truth, np.hstack([p, p]), ("AS", "MS")) for p in (FIVE, EIGHT)]
    found = difference(*tables)
    assert found["labels"]["MS"]["auroc"] == {"value": None, "reason": "none of the patients is positive for MS"}
    assert found["macro"]["auroc"]["left_out"] == ["MS"]
    assert found["macro"]["auroc"]["value"] == found["labels"]["AS"]["auroc"]["value"]
    assert "left_out" not in found["macro"]["brier"]
    none = difference(*(table.assign(truth=0.0) for table in tables))["macro"]["sensitivity"]
    assert none["value"] is None
    assert none["reason"] == "AS: none of the patients is positive for AS; MS: none of the patients is positive for MS"
    json.dumps(found, allow_nan=False)


def test_what_one_side_alone_lacks_is_said_of_that_side(predictions_with):
    """In one of two repeats of the run nobody was tested who has AS."""
    run = pd.concat(
        [predictions_with(TRUTH, EIGHT, ("AS",)), predictions_with(TRUTH, EIGHT, ("AS",), repeat=1)[10:]],
        ignore_index=True,
    )
    entry = difference(predictions_with(TRUTH, FIVE, ("AS",)), run)["labels"]["AS"]["sensitivity"]
    assert entry == {"value": None, "reason": "run: in 1 of 2 repeats none of the patients is positive for AS"}


def changed(table: pd.DataFrame, **columns) -> pd.DataFrame:
    return copy.deepcopy(table).assign(**columns)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"patient_id": lambda t: "other_" + t["patient_id"]}, "A and B have no test patient in common"),
        ({"label": "MS"}, "A predicts AS and B predicts MS: they have no label in common"),
        ({"truth": lambda t: 1 - t["truth"]}, "disagree about the truth of AS for p000 (and 19 more)"),
        ({"truth": np.nan}, "no patient whose truth both know"),
        ({"level": "recording", "recording_id": "r"}, "B has no predictions per patient"),
    ],
)
def test_what_cannot_be_compared_is_refused(predictions_with, change, text):
    """With one sentence that names the two."""
    table = predictions_with(TRUTH, FIVE, ("AS",))
    with pytest.raises(DataError, match=text.replace("(", r"\(").replace(")", r"\)")):
        difference(table, changed(table, **change), names=("A", "B"))


def test_a_run_that_contradicts_itself_is_refused(predictions_with):
    """One truth in one repeat, the other in the next."""
    table = predictions_with(TRUTH, FIVE, ("AS",))
    other = predictions_with(TRUTH, FIVE, ("AS",), repeat=1)
    other.loc[3, "truth"] = 0.0
    with pytest.raises(DataError, match="A contradicts itself: the truth of AS for p003"):
        difference(pd.concat([table, other], ignore_index=True), table, names=("A", "B"))


def test_percentiles_and_p_of_literal_draws():
    """0 to 1000 less 100: 25 and 975 cut off 2.5 % on either side, 101 of 1001 are not above 0."""
    draws = np.random.default_rng(0).permutation(1001) - 100.0
    interval = difference_interval(draws)
    assert (interval.low, interval.high) == pytest.approx((-75, 875))
    assert difference_p_value(draws) == pytest.approx(2 * 102 / 1002)
    assert difference_p_value(-draws) == difference_p_value(draws)
    assert difference_p_value(draws + 500) == 2 / 1002
    assert difference_p_value(np.zeros(99)) == 1.0


def test_no_interval_where_draws_tell_none():
    """All alike, or too many undefined."""
    assert difference_interval(np.full(100, 0.5)) == Interval(None, None, ALL_EQUAL)
    draws = np.where(np.arange(100) < 79, np.arange(100.0), np.nan)
    assert difference_interval(draws) == Interval(None, None, TOO_FEW)


@pytest.mark.parametrize("shift", [-300, -26, -20, 0, 20, 26, 300])
def test_interval_and_p_value_agree(shift):
    """The p-value is below 0.05 where the interval leaves 0 out, and nowhere else."""
    draws = np.random.default_rng(1).permutation(1001) - 500.0 + np.sign(shift) * (500 - abs(shift))
    interval = difference_interval(draws)
    assert (difference_p_value(draws) < 0.05) == (not interval.low <= 0 <= interval.high)


@pytest.fixture
def run_folder(tmp_path, five_label_predictions, five_label_demographics):
    """A folder with both tables of a run."""
    write_predictions(five_label_predictions, tmp_path / "run" / "predictions.csv")
    write_predictions(five_label_demographics, tmp_path / "run" / "predictions_demographics.csv")
    return tmp_path / "run"


def test_a_single_run_is_compared_with_demographics(run_folder, five_label_predictions, five_label_demographics):
    """The difference is how much better the model is."""
    result = compare_runs([run_folder], seed=0, draws=200)
    assert result["baseline"] == DEMOGRAPHICS_ALONE
    (comparison,) = result["comparisons"]
    expected = compare(five_label_demographics, five_label_predictions, level="patient", seed=0, draws=200)
    assert comparison == {"run": str(run_folder), **expected}
    assert comparison["macro"]["auroc"]["value"] > 0


def test_further_runs_are_compared_with_the_first(run_folder, tmp_path, other_five_labels):
    """Not with each other."""
    write_predictions(other_five_labels, tmp_path / "other" / "predictions.csv")
    result = compare_runs([run_folder, tmp_path / "other", run_folder], level="recording", seed=0, draws=100)
    assert result["baseline"] == str(run_folder)
    first, second = result["comparisons"]
    assert first["macro"]["auroc"]["value"] < 0
    assert second["macro"]["auroc"]["value"] == 0


@pytest.mark.parametrize(("protocol", "pools"), [("cv", False), ("leave-site-out", True)])
def test_a_run_that_left_out_site_after_site_is_told(run_folder, protocol, pools):
    """Its patients were ranked by as many models as there are sites."""
    assert not compare_runs([run_folder], seed=0, draws=100)["pools_sites"]
    (run_folder / "config.json").write_text(json.dumps({"evaluation": {"protocol": protocol}}))
    assert compare_runs([run_folder], seed=0, draws=100)["pools_sites"] is pools


def test_folders_that_cannot_be_compared(run_folder, tmp_path):
    """No predictions, no demographics, no such level, demographics per recording."""
    with pytest.raises(DataError, match=r"no predictions at .*nowhere"):
        compare_runs([run_folder, tmp_path / "nowhere"], seed=0, draws=100)
    with pytest.raises(DataError, match=r"no predictions at .*nowhere/predictions.csv"):
        compare_runs([tmp_path / "nowhere"], seed=0, draws=100)
    with pytest.raises(ConfigError, match="Did you mean 'patient'"):
        compare_runs([run_folder], level="pateint", seed=0, draws=100)
    with pytest.raises(ConfigError, match="predict patients, not recordings"):
        compare_runs([run_folder], level="recording", seed=0, draws=100)
    (run_folder / "predictions_demographics.csv").unlink()
    with pytest.raises(DataError, match="name a second run"):
        compare_runs([run_folder], seed=0, draws=100)
