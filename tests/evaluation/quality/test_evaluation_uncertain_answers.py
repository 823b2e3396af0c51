from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from heartprobe.evaluation.metrics.intervals import clopper_pearson
from heartprobe.evaluation.quality.finding_answers import patient_answers
from heartprobe.evaluation.quality.uncertain_answers import ALL_WITHHELD, NO_THRESHOLD, uncertain_answers

PROBABILITY = [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]
TRUTH = [1, 1, 0, 1, 0, 1, 0, 0]
# The two patients nearest to the threshold, who were decided rightly.
UNCERTAIN = [0, 0, 0, 1, 1, 0, 0, 0]


@pytest.fixture
def found_of(predictions_with):
    """The section about one label from plain lists, with further columns."""

    def found(truth, probability, label="AS", **columns):
        rows = predictions_with(np.array([truth]).T, np.array([probability], float).T, (label,))
        return uncertain_answers(patient_answers(rows.assign(**columns), seed=0, draws=100)[label])

    return found


def exact(successes, trials) -> dict:
    interval = clopper_pearson(successes, trials)
    return {"value": pytest.approx(successes / trials), "low": interval.low, "high": interval.high, "n": trials}


def test_by_hand(found_of):
    """Two of eight withheld; two wrong of all eight, and of the six that were decided."""
    found = found_of(TRUTH, PROBABILITY, uncertain=UNCERTAIN)
    assert found["share"] == exact(2, 8)
    assert found["error_all"] == exact(2, 8)
    assert found["error_decided"] == exact(2, 6)


def test_the_most_certain_come_first(found_of):
    """The surest four are right, both of the next two are wrong, the last two right; equally sure ones go together."""
    curve = found_of(TRUTH, PROBABILITY)["curve"]
    at = dict(zip(curve["coverage"], curve["error"], strict=True))
    assert [at[c] for c in (0.1, 0.25, 0.26, 0.5)] == [0, 0, 0, 0]
    assert [at[c] for c in (0.51, 0.75)] == [pytest.approx(2 / 6, abs=1e-6)] * 2
    assert [at[c] for c in (0.76, 1)] == [0.25, 0.25]


def test_certainty_is_the_distance_from_the_threshold_of_the_fold(found_of):
    """0.5 is far from a threshold of 0.9 and near to one of 0.4; the nearer patient, who is wrong, comes last."""
    curve = found_of([1, 0], [0.5, 0.5], threshold=[0.4, 0.9], decision=[0, 0])["curve"]
    at = dict(zip(curve["coverage"], curve["error"], strict=True))
    assert (at[0.5], at[0.51]) == (0, 0.5)


def test_the_curve_ends_at_the_error_among_all(five_label_predictions):
    """Whoever answers everybody makes all errors."""
    for answers in patient_answers(five_label_predictions, seed=0, draws=100).values():
        found = uncertain_answers(answers)
        assert found["curve"]["error"][-1] == pytest.approx(found["error_all"]["value"], abs=1e-6)


def test_nobody_withheld(found_of):
    """The errors among the decided are those among all."""
    found = found_of(TRUTH, PROBABILITY)
    assert found["share"]["value"] == 0
    assert found["error_decided"] == found["error_all"]


def test_everybody_withheld(found_of):
    """Nobody was decided about: null with the reason."""
    found = found_of(TRUTH, PROBABILITY, uncertain=1)
    assert found["share"]["value"] == 1
    assert found["error_decided"] == {"value": None, "reason": ALL_WITHHELD}
    assert found["error_all"]["value"] == 0.25


def test_without_thresholds_there_is_no_curve(found_of):
    """A table that does not tell them; the shares are known all the same."""
    found = found_of(TRUTH, PROBABILITY, threshold=np.nan)
    assert found["curve"] == {"value": None, "reason": NO_THRESHOLD}
    assert found["error_all"]["value"] == 0.25


def test_normal_is_turned_round(found_of):
    """For N a declared abnormal heart is wrong where the heart is normal."""
    turned = found_of([1 - t for t in TRUTH], [1 - p for p in PROBABILITY], "N", uncertain=UNCERTAIN)
    assert turned["error_decided"] == exact(2, 6)


def test_nothing_is_known(found_of):
    """Without a single truth everything is null with the reason."""
    nothing = {"value": None, "reason": "the truth is unknown for all patients"}
    found = found_of([np.nan] * 2, [0.1, 0.9])
    assert found == dict.fromkeys(("share", "error_all", "error_decided", "curve"), nothing)


def test_repeats_are_averaged(predictions_with):
    """None of eight withheld, then four: a quarter, of eight patients; the denominator of the decided is six."""
    rows = predictions_with(np.array([TRUTH]).T, np.array([PROBABILITY]).T, ("AS",))
    again = rows.assign(repeat=1, uncertain=[0, 0, 1, 1, 1, 1, 0, 0])
    both = pd.concat([rows, again], ignore_index=True)
    found = uncertain_answers(patient_answers(both, seed=0, draws=100)["AS"])
    assert found["share"] == exact(2, 8)
    # 2 of 8 wrong and 0 of 4: 1/8 on average, of 6.
    assert found["error_decided"]["value"] == pytest.approx(1 / 8)
    assert found["error_decided"]["n"] == 6
