"""Synthetic patients: who they are, and that only their sounds tell their lesions."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from heartprobe.data.synthetic import SyntheticPatient, lesions_of, random_patient, synthetic_patient
from heartprobe.errors import ConfigError
from heartprobe.labels import LABELS, LESIONS


def draw(*lesions: str, seed: int = 0, **options: tuple[float, float]) -> SyntheticPatient:
    return random_patient(lesions, np.random.default_rng(seed), **options)


def test_lesions_become_labels_in_the_declared_order() -> None:
    """`N` is 1 only without a lesion, whatever order the lesions are named in."""
    assert draw().labels == {"N": 1, "AS": 0, "AR": 0, "MR": 0, "MS": 0}
    both = draw("MS", "AS")
    assert both.labels == {"N": 0, "AS": 1, "AR": 0, "MR": 0, "MS": 1}
    assert both.lesions == ("AS", "MS")
    assert tuple(both.labels) == LABELS


def test_every_lesion_brings_its_murmur() -> None:
    """One murmur of its kind for each lesion; a healthy heart has none but a flow murmur."""
    for number in range(1, 5):
        for lesions in combinations(LESIONS, number):
            assert {m.kind for m in draw(*lesions).murmurs} - {"flow"} == set(lesions)
    assert {m.kind for seed in range(50) for m in draw(seed=seed).murmurs} == {"flow"}


def test_an_unknown_lesion_is_refused() -> None:
    """The message names the lesion and those that there are."""
    with pytest.raises(ConfigError, match="'TR' is no lesion that can be synthesised; known are AS, AR, MR, MS"):
        draw("TR")


def test_the_same_generator_gives_the_same_person_whatever_the_lesions_are() -> None:
    """Demographics, chest, stethoscope, rate and breathing cannot know the label: they are bit-identical."""
    for seed in range(30):
        healthy, sick = draw(seed=seed), draw("AS", "AR", "MR", "MS", seed=seed)
        assert healthy.demographics == sick.demographics
        assert healthy.chest == sick.chest
        assert healthy.sensor == sick.sensor
        for name in ("rate_bpm", "irregularity", "sinus_arrhythmia", "breaths_per_min", "sex"):
            assert getattr(healthy.rhythm, name) == getattr(sick.rhythm, name)


def test_one_murmur_does_not_depend_on_the_other_lesions() -> None:
    """The AS of a patient with AS alone is the AS of the same patient with MR as well."""
    alone, both = draw("AS", seed=4), draw("AS", "MR", seed=4)
    assert alone.murmurs[0] == both.murmurs[0]


def test_demographics_do_not_tell_the_label() -> None:
    """Over 480 patients no demographic differs between sick and healthy by more than chance allows.

    The bound is 3.5 standard errors of a difference of means, for each of 5 labels and 4 fields.
    """
    patients = [synthetic_patient(number, seed=0) for number in range(480)]
    people = [p.demographics for p in patients]
    fields = {
        "age": np.array([person.age for person in people]),
        "sex": np.array([person.sex == "M" for person in people], dtype=float),
        "smoker": np.array([person.smoker for person in people], dtype=float),
        "lives": np.array([person.lives == "U" for person in people], dtype=float),
    }
    for label in LABELS:
        has = np.array([p.labels[label] == 1 for p in patients])
        for name, values in fields.items():
            error = np.sqrt(values[has].var() / has.sum() + values[~has].var() / (~has).sum())
            assert abs(values[has].mean() - values[~has].mean()) < 3.5 * error, (label, name)


def test_demographics_are_plausible() -> None:
    """Adults of both sexes, smokers and not, from town and country."""
    people = [synthetic_patient(number, seed=1).demographics for number in range(200)]
    ages = [person.age for person in people if person.age is not None]
    assert min(ages) >= 18
    assert max(ages) <= 70
    assert all(age == int(age) for age in ages)
    assert {person.sex for person in people} == {"M", "F"}
    assert {person.smoker for person in people} == {True, False}
    assert {person.lives for person in people} == {"U", "R"}


def test_murmurs_reach_from_faint_to_loud_and_grades_can_be_limited() -> None:
    """By default grades 1 to 5; with `(4, 5)` nothing softer than 4."""
    grades = [m.grade for seed in range(200) for m in draw("MR", seed=seed).murmurs]
    assert min(grades) == 1.0
    assert max(grades) > 4.5
    loud = [m.grade for seed in range(100) for m in draw("MR", seed=seed, grades=(4.0, 5.0)).murmurs]
    assert min(loud) >= 4.0


def test_lesions_change_the_valve_sounds_as_they_should() -> None:
    """MS makes S1 louder, MR and AR softer, AS takes from A2; the rest of the same patient is unchanged."""
    for seed in range(20):
        healthy = draw(seed=seed).valves
        assert draw("MS", seed=seed).valves.s1_level > healthy.s1_level
        assert draw("MR", seed=seed).valves.s1_level < healthy.s1_level
        assert draw("AR", seed=seed).valves.s1_level < healthy.s1_level
        assert draw("AS", seed=seed).valves.a2_level < healthy.a2_level
        assert draw("AR", seed=seed).valves.a2_level == healthy.a2_level


def test_eight_patients_hold_two_of_each() -> None:
    """The first eight patients of any seed: two healthy hearts, two of each lesion, two with several."""
    for seed in range(5):
        lesions = [lesions_of(number, seed) for number in range(8)]
        assert lesions.count(()) == 2
        assert Counter(lesion for several in lesions for lesion in several) == dict.fromkeys(LESIONS, 2)
        assert sum(len(several) > 1 for several in lesions) == 2


def test_any_eight_in_a_row_from_a_multiple_of_eight_hold_everything() -> None:
    """Each group of eight has a healthy heart and all four lesions."""
    for group in range(9):
        lesions = [lesions_of(number, 7) for number in range(8 * group, 8 * group + 8)]
        assert () in lesions
        assert {lesion for several in lesions for lesion in several} == set(LESIONS)


def test_the_shares_are_those_of_bmd_hs() -> None:
    """Of 24: 5 healthy, 8 AS, 9 AR, 8 MR, 7 MS, 10 with several (BMD-HS: 19 %, 34, 40, 35, 35, 46 %)."""
    lesions = [lesions_of(number, 3) for number in range(24)]
    counts = Counter(lesion for several in lesions for lesion in several)
    assert lesions.count(()) == 5
    assert counts == {"AS": 8, "AR": 9, "MR": 8, "MS": 7}
    assert sum(len(several) > 1 for several in lesions) == 10


def test_the_seed_decides_order_and_patients() -> None:
    """Another seed gives another order of lesions and other people."""
    assert [lesions_of(n, 0) for n in range(24)] != [lesions_of(n, 1) for n in range(24)]
    assert synthetic_patient(0, 0).rhythm.rate_bpm != synthetic_patient(0, 1).rhythm.rate_bpm
    assert synthetic_patient(5, 9) == synthetic_patient(5, 9)
