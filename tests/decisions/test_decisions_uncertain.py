from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from heartprobe.config.schema import EvaluationConfig
from heartprobe.decisions.level import fit_level
from heartprobe.decisions.thresholds import Threshold
from heartprobe.decisions.uncertain import Band, choose_band, contradicted

HALF = Threshold(value=0.5)
NOBODY = np.zeros(10, dtype=bool)

# Ten patients, by their distance from the threshold in log odds; those at 0.2, -0.4 and 1.0 are judged wrongly.
FINDINGS = expit(np.array([0.2, -0.4, 0.6, -0.8, 1.0, -1.2, 1.4, -1.6, 1.8, -2.0]))
TRUTH = np.array([0.0, 1, 1, 0, 0, 0, 1, 0, 1, 0])


@pytest.mark.parametrize(
    ("largest_error", "reach"),
    [
        (0.3, None),  # three of ten are wrong
        (0.25, 0.3),  # two of nine, the nearest withheld
        (0.2, 0.5),  # one of eight
        (0.125, 0.5),
        (0.12, 1.1),  # none of five; one of seven and of six would be too many
    ],
)
def test_the_narrowest_band_by_hand(largest_error, reach):
    """It ends midway between the last who is withheld and the first who is not."""
    band = choose_band(FINDINGS, TRUTH, HALF, largest_error, NOBODY)
    if reach is None:
        assert band == Band(low=0.5, high=0.5)
    else:
        assert (band.low, band.high) == pytest.approx((expit(-reach), expit(reach)))
    assert band.reason is None


def test_without_a_band_nothing_is_withheld_not_even_at_the_threshold():
    assert Band(low=0.5, high=0.5).withholds(np.array([0.4, 0.5, 0.6])).tolist() == [False, False, False]
    assert Band(low=0.4, high=0.6).withholds(np.array([0.39, 0.4, 0.6, 0.61])).tolist() == [False, True, True, False]


def test_where_even_the_clearest_are_wrong_everything_is_withheld():
    band = choose_band(FINDINGS, 1 - TRUTH, HALF, 0.1, NOBODY)
    assert (band.low, band.high) == (0, 1)
    assert band.reason == "among the validation cases farthest from the threshold, too, more than 10 % were wrong"
    assert band.withholds(np.array([0.0, 0.5, 1.0])).all()


def test_who_is_withheld_for_another_reason_does_not_count():
    """Without the two nearest, one of eight is wrong: no band is needed for 0.125."""
    band = choose_band(FINDINGS, TRUTH, HALF, 0.125, np.arange(10) < 2)
    assert band == Band(low=0.5, high=0.5)


def test_nobody_left_to_decide_is_said():
    assert choose_band(FINDINGS, TRUTH, HALF, 0.1, ~NOBODY).reason is not None


@given(st.lists(st.tuples(st.integers(1, 19), st.booleans()), min_size=1, max_size=25), st.floats(0.01, 0.5))
def test_the_error_among_the_decided_is_kept(drawn, largest_error):
    """Patients with equal probabilities are withheld together, so it holds for any ties."""
    findings = np.array([level / 20 for level, _ in drawn])
    truth = np.array([float(ill) for _, ill in drawn])
    band = choose_band(findings, truth, HALF, largest_error, np.zeros(len(drawn), dtype=bool))
    is_decided = ~band.withholds(findings)
    wrong = HALF.declares(findings) != (truth == 1)
    assert wrong[is_decided].sum() <= largest_error * is_decided.sum()
    assert band.low <= 0.5 <= band.high


def test_a_decision_needs_half_of_the_recordings():
    """Half is enough; a patient whose recordings have no vote is contradicted by nobody."""
    is_declared = np.array([True, True, True, False, False, False, True])
    votes = np.array([0.25, 0.5, 1.0, 0.75, 0.5, 0.0, math.nan])
    assert contradicted(is_declared, votes).tolist() == [True, False, False, True, False, False, False]


@pytest.mark.parametrize("truth_of", [(1.0, 0.0), (0.0, 1.0)])
def test_a_threshold_among_probabilities_that_round_to_certainty_lies_in_its_band(truth_of):
    """Eight recordings at 0.98 make a noisy-or of 1 - 3e-14, beyond the last log odds that are told apart."""
    truth = np.array([truth_of[int(i % 4 == 0)] for i in range(24)])
    certain = 10.0 ** -np.linspace(11, 15, 24)
    for findings in (certain, 1 - certain):
        for rule in ("youden", "sensitivity"):
            settings = EvaluationConfig(calibration="none", threshold_rule=rule)
            level = fit_level(findings, truth, np.full(24, np.nan), settings)
            assert level.band.low <= level.threshold.value <= level.band.high
