from __future__ import annotations

import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heartprobe.evaluation.protocols.stratify import deal, draw, stratified_order

values = st.sampled_from([0, 1, None])
cohorts = st.lists(st.tuples(values, values), min_size=1, max_size=60).map(
    lambda combinations: {f"p{i:02d}": c for i, c in enumerate(combinations)}
)


@given(cohorts, st.integers(0, 99))
def test_combinations_stand_together_and_the_commonest_is_first(cohort, seed):
    """The order holds everybody once, each combination in one run, the runs from long to short."""
    order = stratified_order(cohort, np.random.default_rng(seed))
    assert sorted(order) == sorted(cohort)
    runs = [cohort[order[0]]]
    for patient in order[1:]:
        if cohort[patient] != runs[-1]:
            runs.append(cohort[patient])
    sizes = Counter(cohort.values())
    assert len(runs) == len(sizes)
    assert [sizes[run] for run in runs] == sorted(sizes.values(), reverse=True)


@given(cohorts, st.integers(0, 99), st.integers(1, 8))
def test_each_part_gets_its_share_of_each_combination(cohort, seed, n_parts):
    """Dealt parts are disjoint and complete; their sizes and shares of a combination differ by one at most."""
    parts = deal(stratified_order(cohort, np.random.default_rng(seed)), n_parts)
    assert sorted(patient for part in parts for patient in part) == sorted(cohort)
    assert len({len(part) for part in parts} - {len(cohort) // n_parts}) <= 1
    for combination, size in Counter(cohort.values()).items():
        shares = [sum(cohort[patient] == combination for patient in part) for part in parts]
        assert {size // n_parts, -(-size // n_parts)} >= set(shares)


@given(cohorts, st.integers(0, 99), st.data())
def test_a_drawn_part_gets_its_share_of_each_combination(cohort, seed, data):
    """A drawn part has exactly the size asked for, and each combination's share to within one."""
    size = data.draw(st.integers(1, len(cohort)))
    rng = np.random.default_rng(seed)
    part = draw(stratified_order(cohort, rng), size, rng)
    assert len(set(part)) == len(part) == size
    for combination, total in Counter(cohort.values()).items():
        share = sum(cohort[patient] == combination for patient in part)
        expected = total * size / len(cohort)
        assert math.floor(expected) <= share <= math.ceil(expected)


def test_rare_combinations_are_pooled():
    """Three patients with three combinations of their own go to three different parts, like one combination."""
    cohort = {f"common{i}": (0, 0) for i in range(9)} | {"a": (1, 0), "b": (0, 1), "c": (1, 1)}
    parts = deal(stratified_order(cohort, np.random.default_rng(0)), 3)
    assert [len(set(part) & {"a", "b", "c"}) for part in parts] == [1, 1, 1]


def test_an_unknown_label_is_a_stratum_of_its_own():
    """None is neither 0 nor 1: two patients of each value are dealt one to each part."""
    cohort = {"a": (0,), "b": (0,), "c": (None,), "d": (None,), "e": (1,), "f": (1,)}
    parts = deal(stratified_order(cohort, np.random.default_rng(3)), 2)
    for part in parts:
        assert {cohort[patient] for patient in part} == {(0,), (None,), (1,)}


def test_dealing_by_hand():
    """Cards are dealt in turn."""
    assert deal("dacbe", 2) == (("c", "d", "e"), ("a", "b"))


def test_the_order_of_the_patients_given_does_not_matter(rng):
    """Only the seed and the labels decide."""
    cohort = {f"p{i}": (i % 3,) for i in range(20)}
    shuffled = {patient: cohort[patient] for patient in rng.permutation(list(cohort))}
    assert stratified_order(cohort, np.random.default_rng(5)) == stratified_order(shuffled, np.random.default_rng(5))
