"""The metrics of each group, worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from audited_people import LYING, SITTING, make_answers, make_people
from heartprobe.evaluation.audit.partitions import partitions
from heartprobe.evaluation.audit.subgroups import measure_groups

#: Ten women, of whom five are ill, then six men, of whom four are; two of unknown sex, one ill.
ILL = [1] * 5 + [0] * 5 + [1] * 4 + [0] * 2 + [1, 0]
SEX = ["F"] * 10 + ["M"] * 6 + [None] * 2
#: Four of the five ill women are found and one healthy one is called ill; of the men, everybody is called ill.
SAID = [0.9] * 4 + [0.1] + [0.2] * 4 + [0.8] + [0.7] * 6 + [0.6, 0.4]
PEOPLE = make_people({"AS": ILL}, sex=SEX)
ANSWERS = make_answers(PEOPLE, {"AS": SAID})


def divided(by: str, people=PEOPLE, answers=ANSWERS) -> dict:
    (partition,) = [part for part in partitions(people) if part.by == by]
    return measure_groups(answers, partition, seed=0, draws=200)


def test_every_group_has_its_own_numbers() -> None:
    """Women: 4 of 5 found, 4 of 5 healthy recognised; men: 4 of 4 and 0 of 2."""
    found = divided("sex")
    assert (found["title"], found["level"]) == ("Sex", "patient")
    women, men, unknown = found["groups"]
    assert [group["group"] for group in found["groups"]] == ["women", "men", "unknown"]
    assert [group["patients"] for group in found["groups"]] == [10, 6, 2]
    of_women, of_men = women["labels"]["AS"], men["labels"]["AS"]
    assert (of_women["with_finding"], of_women["without_finding"]) == (5, 5)
    # Ill .9 .9 .9 .9 .1 against healthy .2 .2 .2 .2 .8: four ill beat all five, one beats none: 20 of 25 pairs.
    assert of_women["auroc"]["value"] == pytest.approx(0.8)
    assert of_women["sensitivity"]["value"] == pytest.approx(0.8)
    assert of_women["specificity"]["value"] == pytest.approx(0.8)
    assert of_men["sensitivity"]["value"] == 1.0
    # The exact interval of 4 of 4 begins at the fourth root of 0.025.
    assert of_men["sensitivity"]["low"] == pytest.approx(0.025 ** (1 / 4))
    assert of_men["specificity"] == pytest.approx({"value": 0.0, "low": 0.0, "high": 1 - 0.025**0.5, "n": 2})
    assert unknown["labels"]["AS"]["sensitivity"]["n"] == 1


def test_a_small_group_is_shown_with_the_reason_instead_of_an_auroc() -> None:
    """Four ill men against two healthy ones: their order tells next to nothing."""
    men = divided("sex")["groups"][1]["labels"]["AS"]
    assert men["auroc"] == {
        "value": None,
        "reason": "4 patients of this group have the finding and 2 have not: too few to rank",
    }


def test_a_group_without_healthy_patients_says_so() -> None:
    people = make_people({"N": [0] * 6 + [1] * 6}, lives=["R"] * 6 + ["U"] * 6)
    rural = divided("residence", people, make_answers(people, {"N": [0.1] * 6 + [0.9] * 6}))["groups"][1]["labels"]["N"]
    assert rural["specificity"] == {"value": None, "reason": "none of the patients of this group is normal"}
    assert rural["auroc"]["reason"] == "none of the patients of this group is normal"
    assert rural["sensitivity"]["value"] == 1.0


def test_nobody_is_lost() -> None:
    """The groups of every table of patients have all patients, and all who have the finding."""
    for partition in partitions(PEOPLE):
        found = measure_groups(ANSWERS, partition, seed=0, draws=100)
        if partition.level == "patient" and "groups" in found:
            assert sum(group["patients"] for group in found["groups"]) == len(ILL)
            assert sum(group["labels"]["AS"]["with_finding"] for group in found["groups"]) == sum(ILL)


def test_what_nobody_knows_is_a_reason() -> None:
    assert divided("smoking")["reason"] == "it is unknown for every tested patient"
    assert "groups" not in divided("smoking")


def test_a_single_group_is_a_reason() -> None:
    people = make_people({"AS": [0, 1]}, sex=["F", "F"])
    found = divided("sex", people, make_answers(people, {"AS": [0.1, 0.9]}))
    assert found["reason"] == "all tested patients are of one group: women"


def test_an_unknown_truth_counts_on_no_side() -> None:
    people = make_people({"AS": [1] * 5 + [0] * 5 + [None] * 3}, sex=["F"] * 10 + ["M"] * 3)
    found = divided("sex", people, make_answers(people, {"AS": [0.9] * 5 + [0.1] * 5 + [0.9] * 3}))
    men = found["groups"][1]
    assert men["patients"] == 3
    assert (men["labels"]["AS"]["with_finding"], men["labels"]["AS"]["without_finding"]) == (0, 0)
    assert men["labels"]["AS"]["sensitivity"]["value"] is None


def test_postures_are_measured_on_recordings() -> None:
    """Sixteen patients and two without known sex, each lying and sitting: eighteen recordings per posture."""
    people = make_people({"AS": ILL}, sex=SEX, positions=[LYING, SITTING])
    found = divided("posture", people, make_answers(people, {"AS": SAID}))
    assert [(group["group"], group["patients"], group["units"]) for group in found["groups"]] == [
        ("lying", 18, 18),
        ("sitting", 18, 18),
    ]
    assert found["groups"][0]["labels"]["AS"]["sensitivity"]["value"] == pytest.approx(9 / 10)


def test_repeats_are_averaged_and_add_nobody() -> None:
    """Once 4 of 5 ill women are found, once all: .9 of five."""
    again = make_answers(PEOPLE, {"AS": [0.9] * 5 + SAID[5:]}, repeat=1)
    women = divided("sex", PEOPLE, pd.concat([ANSWERS, again], ignore_index=True))["groups"][0]["labels"]["AS"]
    assert women["sensitivity"]["value"] == pytest.approx(0.9)
    assert women["sensitivity"]["n"] == 5
    assert women["with_finding"] == 5
