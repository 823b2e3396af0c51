from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from heartprobe.evaluation.metrics.bands import with_band
from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.quality.curves import curves_section
from heartprobe.labels import LESIONS

NO_BAND = [None, None]


def section(predictions, *, draws=200) -> dict:
    found = curves_section(predictions, seed=0, draws=draws)
    json.dumps(found, allow_nan=False)
    return found["labels"]


@pytest.fixture
def eight(predictions_with):
    """Eight patients, the ill at places 1, 2, 4 and 6."""
    probability = np.array([[0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]]).T
    return predictions_with(np.array([[1, 1, 0, 1, 0, 1, 0, 0]]).T, probability, ("AS",))


def test_by_hand(eight):
    """Sensitivity 1/2 without false alarms, 3/4 with one in four, 1 with two; precision 1, 3/4, 4/6."""
    found = section(eight)["AS"]
    roc, recalls = found["roc"], found["precision_recall"]
    at = dict(zip(roc["specificity"], roc["sensitivity"], strict=True))
    assert [at[s] for s in (1, 0.76, 0.75, 0.51, 0.5, 0)] == [0.5, 0.5, 0.75, 0.75, 1, 1]
    at = dict(zip(recalls["recall"], recalls["precision"], strict=True))
    assert [at[r] for r in (0.01, 0.5, 0.51, 0.75, 0.76, 1)] == [1, 1, 0.75, 0.75, 0.666667, 0.666667]
    assert recalls["prevalence"] == 0.5
    assert 0 not in recalls["recall"]


def test_areas_are_the_metrics(five_label_predictions):
    """Read off the curves, AUROC and average precision of every lesion come back to within the grid."""
    levels = measure(five_label_predictions, seed=0, draws=100)["patient"]["labels"]
    for label, curves in section(five_label_predictions).items():
        auroc = np.mean(curves["roc"]["sensitivity"])
        assert auroc == pytest.approx(levels[label]["auroc"]["value"], abs=0.01)
        name = "average_precision_abnormal" if label == "N" else "average_precision"
        precision = np.mean(curves["precision_recall"]["precision"])
        assert precision == pytest.approx(levels[label][name]["value"], abs=0.01)


def test_curves_run_one_way_inside_their_bands(five_label_predictions):
    """Sensitivity rises as specificity falls, from the band's lower limit to its upper one."""
    found = section(five_label_predictions)
    # N is ranked perfectly: all draws agree.
    assert set(found["N"]["roc"]["low"]) == {None}
    for curves in [found[label] for label in LESIONS]:
        for curve, name in ((curves["roc"], "sensitivity"), (curves["precision_recall"], "precision")):
            value, low, high = (np.array(curve[key], dtype=float) for key in (name, "low", "high"))
            inside = ~np.isnan(low)
            assert inside.mean() > 0.1
            assert (low[inside] <= high[inside]).all()
            # Percentile bands are not centred on the value, so a few points may touch their limits.
            assert np.mean((low[inside] <= value[inside]) & (value[inside] <= high[inside])) > 0.95
        assert (np.diff(curves["roc"]["sensitivity"]) >= 0).all()


def test_normal_is_turned_round(predictions_with, rng):
    """P(normal) gives the curves of P(abnormal), also where 1 - p would tie what is apart."""
    truth, probability = rng.integers(0, 2, (40, 1)), rng.random((40, 1)) * 1e-20
    of_normal = section(predictions_with(truth, probability, ("N",)))["N"]
    of_lesion = section(predictions_with(1 - truth, 0.5 - probability * 1e19, ("AS",)))["AS"]
    assert of_normal == of_lesion


def test_repeats_are_averaged_at_equal_specificity(eight):
    """The same patients ranked the other way round: half of both, and the mean of two precisions."""
    turned = eight.assign(probability=1 - eight["probability"], repeat=1)
    both = section(pd.concat([eight, turned], ignore_index=True))["AS"]
    alone = [section(rows)["AS"] for rows in (eight, turned)]
    for kind, name in (("roc", "sensitivity"), ("precision_recall", "precision")):
        expected = np.mean([a[kind][name] for a in alone], axis=0)
        np.testing.assert_allclose(both[kind][name], expected, rtol=0, atol=1e-6)


def test_a_missing_class_has_no_curves(predictions_with):
    """Null with the reason, for both."""
    found = section(predictions_with(np.zeros((4, 1)), np.full((4, 1), 0.5), ("N",)))["N"]
    nothing = {"value": None, "reason": "none of the patients is normal"}
    assert found == {"roc": nothing, "precision_recall": nothing}


def test_unknown_truth_counts_nowhere(eight):
    """A patient of unknown truth at the top of the ranking changes no point."""
    stranger = eight.iloc[[0]].assign(patient_id="p999", truth=np.nan, probability=0.99)
    found = section(pd.concat([eight, stranger], ignore_index=True))["AS"]
    known = section(eight)["AS"]
    assert found["roc"]["sensitivity"] == known["roc"]["sensitivity"]
    assert found["precision_recall"]["precision"] == known["precision_recall"]["precision"]


def test_a_band_where_draws_agree():
    """No limits where all draws say the same; percentiles elsewhere; a draw without a class is left out."""
    draws = np.arange(101.0)
    points = np.array([np.append(50, draws), np.ones(102)])
    resamples = Resamples(np.ones((1, 102)), draws=101)
    assert with_band("x", points, resamples) == {"x": [50, 1], "low": [2.5, None], "high": [97.5, None]}
    points[:, 1:3] = np.nan
    assert with_band("x", points, resamples)["low"] == [pytest.approx(2 + 0.025 * 98), None]
    points[:, 1:30] = np.nan
    assert with_band("x", points, resamples) == {"x": [50, 1], "low": NO_BAND, "high": NO_BAND}
