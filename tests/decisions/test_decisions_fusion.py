from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit

from heartprobe.decisions.fusion import PATIENT_RULES, fuse, votes_of
from heartprobe.decisions.recorded import Recorded

# Two patients, the second with one recording; two labels.
RECORDED = Recorded(("a", "a", "b", "a"), ("sup_Mit", "sup_Aor", None, "sup_Mit"))
FINDINGS = np.array([[0.2, 0.5], [0.6, 0.5], [0.9, 0.1], [0.1, 0.8]])
CALIBRATED = FINDINGS / 2


@pytest.mark.parametrize(
    ("rule", "of_a"),
    [
        ("mean", [0.3, 0.6]),
        ("median", [0.2, 0.5]),
        ("max", [0.6, 0.8]),
        ("noisy-or", [1 - 0.8 * 0.4 * 0.9, 1 - 0.5 * 0.5 * 0.2]),
        ("any-positive", [0.3, 0.4]),
    ],
)
def test_rules_by_hand(rule, of_a):
    """`any-positive` is the largest calibrated one; a single recording is its patient."""
    fused = fuse(rule, RECORDED, FINDINGS, CALIBRATED, [{}, {}])
    only = CALIBRATED[2] if rule == "any-positive" else FINDINGS[2]
    np.testing.assert_allclose(fused, [of_a, only], rtol=1e-12)


def test_learned_weighs_by_position():
    """Mitral recordings weigh twice as much for the first label; the second has learned nothing."""
    log_odds = np.array([[1.0, 1.0], [0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
    fused = fuse("learned", RECORDED, expit(log_odds), CALIBRATED, [{"sup_Mit": math.log(2), "sup_Aor": 0.0}, {}])
    np.testing.assert_allclose(fused, expit(np.array([[10 / 5, 5 / 3], [2.0, 2.0]])), rtol=1e-12)


def test_a_position_that_was_not_learned_weighs_like_an_unknown_one():
    recorded = Recorded(("a", "a"), ("Mit", None))
    fused = fuse("learned", recorded, expit(np.array([[1.0], [3.0]])), np.zeros((2, 1)), [{"sup_Mit": 2.0}])
    np.testing.assert_allclose(fused, expit(np.array([[2.0]])), rtol=1e-12)


@pytest.mark.parametrize("rule", PATIENT_RULES)
def test_the_order_of_recordings_does_not_matter(rule, rng):
    positions = ("sup_Mit", "sup_Aor", None, "sit_Mit", "sit_Tri", "sup_Mit")
    findings, weights = rng.random((6, 2)), [{"sup_Mit": 0.7, "sit_Tri": -0.4}, {"sup_Aor": 1.0}]
    order = rng.permutation(6)
    shuffled = Recorded(("a",) * 6, tuple(positions[i] for i in order))
    np.testing.assert_allclose(
        fuse(rule, shuffled, findings[order], findings[order], weights),
        fuse(rule, Recorded(("a",) * 6, positions), findings, findings, weights),
        rtol=1e-14,
    )


def test_votes_are_shares_of_recordings():
    """Patient a has three, b a single one, which has nobody to agree with."""
    is_declared = np.array([[True, False], [True, False], [True, True], [False, False]])
    votes = votes_of("mean", RECORDED, is_declared)
    np.testing.assert_allclose(votes, [[2 / 3, 0.0], [math.nan, math.nan]])


@pytest.mark.parametrize("rule", ["max", "noisy-or", "any-positive"])
def test_where_one_recording_decides_there_is_no_vote(rule):
    assert np.isnan(votes_of(rule, RECORDED, FINDINGS > 0.5)).all()
