"""Who belongs to which group; whoever is unknown has a group of their own."""

from __future__ import annotations

import pytest

from audited_people import LYING, SITTING, make_people
from heartprobe.evaluation.audit.partitions import AGE_BANDS, partitions


def groups(recordings, by: str) -> list[str]:
    (partition,) = [part for part in partitions(recordings) if part.by == by]
    assert set(partition.group_of.values()) <= set(partition.groups)
    return list(partition.group_of.values())


def test_demographics_become_words_and_the_unknown_stay() -> None:
    """Nobody is dropped: each partition has every patient."""
    people = make_people(
        {"N": [1, 1, 1]}, sex=["F", "M", None], smoker=[False, True, None], lives=["U", "R", None], age=[30, 70, None]
    )
    assert groups(people, "sex") == ["women", "men", "unknown"]
    assert groups(people, "smoking") == ["non-smokers", "smokers", "unknown"]
    assert groups(people, "residence") == ["urban", "rural", "unknown"]
    assert groups(people, "age") == ["25 to 44", "65 and older", "unknown"]


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0.0, "under 1"),
        (0.9, "under 1"),
        (1.0, "1 to 4"),
        (4.9, "1 to 4"),
        (5.0, "5 to 14"),
        (14.99, "5 to 14"),
        (15.0, "15 to 24"),
        (24.0, "15 to 24"),
        (25.0, "25 to 44"),
        (45.0, "45 to 64"),
        (64.9, "45 to 64"),
        (65.0, "65 and older"),
        (120.0, "65 and older"),
    ],
)
def test_an_age_is_in_one_band(age: float, band: str) -> None:
    """A band begins at its first year and ends before that of the next."""
    assert groups(make_people({"N": [1]}, age=[age]), "age") == [band]
    assert band in AGE_BANDS


def test_health_is_known_or_not() -> None:
    """An unknown N is neither normal nor abnormal, and a data set may not have the label at all."""
    assert groups(make_people({"N": [1, 0, None]}), "heart") == ["normal", "abnormal", "unknown"]
    assert groups(make_people({"AS": [1]}), "heart") == ["unknown"]


def test_lesions_are_counted_only_where_no_unknown_one_could_change_the_answer() -> None:
    """None, one, two; one and an unknown one; two and an unknown one; nothing known."""
    people = make_people(
        {
            "N": [1, 0, 0, 0, 0, 0],
            "AS": [0, 1, 1, 1, 1, None],
            "AR": [0, 0, 1, None, None, None],
            "MR": [0, 0, 0, 0, 1, None],
        }
    )
    assert groups(people, "lesions") == ["none", "one", "several", "unknown", "several", "unknown"]


def test_a_data_set_without_lesions_counts_none() -> None:
    """Normal against abnormal is all that is known: nobody can say how many lesions there are."""
    assert groups(make_people({"N": [1, 0]}), "lesions") == ["unknown", "unknown"]


def test_postures_divide_recordings() -> None:
    assert groups(make_people({"N": [1]}, positions=[LYING, SITTING, None]), "posture") == [
        "lying",
        "sitting",
        "unknown",
    ]
