"""The smaller tables of the audit: sites, postures, identical recordings, told and untold."""

from __future__ import annotations

import pytest

from audited_people import LYING, SITTING, make_answers, make_people
from heartprobe.evaluation.audit.posture import posture_difference
from heartprobe.evaluation.audit.site_table import site_table
from heartprobe.evaluation.audit.with_demographics import with_demographics
from heartprobe.evaluation.audit.without_identical import identical_recordings

STATISTICS = {"seed": 0, "draws": 300}


def test_sites_say_who_was_recorded_and_what_is_unknown() -> None:
    people = make_people(
        {"N": [1, 0, None, 0]},
        age=[20.0, 40.0, None, None],
        sex=["F", "M", "F", None],
        smoker=[True, False, None, None],
        site=["home", "home", "home", "abroad"],
        positions=[LYING, SITTING],
    )
    found = site_table(people, ["N"])
    assert list(found) == ["abroad", "home"]
    assert found["home"] == {
        "patients": 3,
        "recordings": 6,
        "labels": {"N": {"known": 2, "with_finding": 1}},
        "demographics": {
            "age": {"known": 2, "mean": 30.0, "youngest": 20.0, "oldest": 40.0},
            "sex": {"known": 3, "women": 2},
            "smoking": {"known": 2, "smokers": 1},
            "residence": {"known": 0},
        },
    }
    assert found["abroad"]["demographics"] == {"reason": "nothing is known of age, sex, smoking and residence"}


def test_postures_are_compared_on_the_same_patients() -> None:
    """Lying, all ten are right; sitting, the five ill ones are missed: sensitivity falls by one."""
    people = make_people({"AS": [1] * 5 + [0] * 5}, positions=[LYING, SITTING])
    answers = make_answers(people, {"AS": [0.9] * 5 + [0.1] * 5})
    is_missed = answers["recording_id"].str.endswith("_1") & (answers["truth"] == 1)
    answers = answers.assign(decision=answers["decision"].where(~is_missed, 0))
    found = posture_difference(answers, people, **STATISTICS)
    assert (found["of"], found["minus"], found["patients"]) == ("sitting", "lying", 10)
    assert found["labels"]["AS"]["sensitivity"]["value"] == -1.0
    assert found["labels"]["AS"]["specificity"]["value"] == 0.0


@pytest.mark.parametrize(
    ("positions", "reason"),
    [
        ([None], "no patient is known to have been recorded both lying and sitting"),
        ([LYING], "no patient is known to have been recorded both lying and sitting"),
    ],
)
def test_without_both_postures_there_is_a_reason(positions, reason) -> None:
    people = make_people({"AS": [1, 0]}, positions=positions)
    assert posture_difference(make_answers(people, {"AS": [0.9, 0.1]}), people, **STATISTICS) == {"reason": reason}


def test_two_recordings_at_one_area_are_paired_in_turn() -> None:
    """A patient who was recorded twice at the same area in each posture is no error and counts twice."""
    people = make_people({"AS": [1, 0, 1, 0]}, positions=[LYING, LYING, SITTING, SITTING])
    found = posture_difference(make_answers(people, {"AS": [0.9, 0.1, 0.8, 0.2]}), people, **STATISTICS)
    assert found["labels"]["AS"]["auroc"]["n"] == 8
    assert found["labels"]["AS"]["auroc"]["value"] == 0.0


ILL = [1, 1, 1, 0, 0, 0]
PEOPLE = make_people({"AS": ILL})
#: One ill patient below all healthy ones: 6 of 9 pairs.
HEARD = make_answers(PEOPLE, {"AS": [0.9, 0.8, 0.1, 0.3, 0.3, 0.2]})
#: Everybody in order.
TOLD = make_answers(PEOPLE, {"AS": [0.9, 0.8, 0.7, 0.3, 0.3, 0.2]})


@pytest.mark.parametrize("is_told", [False, True])
def test_the_difference_is_always_with_demographics_minus_without(is_told: bool) -> None:
    """Whichever of the two the report is about."""
    used, companion = (TOLD, HEARD) if is_told else (HEARD, TOLD)
    found = with_demographics(used, companion, is_told=is_told, **STATISTICS)
    assert found["used"] == ("audio_and_demographics" if is_told else "audio_only")
    assert found["audio_only"]["labels"]["AS"]["auroc"]["value"] == pytest.approx(6 / 9)
    assert found["audio_and_demographics"]["labels"]["AS"]["auroc"]["value"] == 1.0
    assert found["difference"]["labels"]["AS"]["value"] == pytest.approx(3 / 9)
    assert found["difference"]["macro"]["value"] == pytest.approx(3 / 9)


def test_without_a_companion_the_reason_stands() -> None:
    assert with_demographics(HEARD, "nobody asked for it", is_told=False, **STATISTICS) == {
        "reason": "nobody asked for it"
    }


def test_the_result_without_the_patients_of_identical_sounds() -> None:
    """The third patient, who alone was ranked wrongly, has one sound under two names: 6 of 9 become 6 of 6 pairs."""
    people = make_people({"AS": ILL}, positions=[LYING, SITTING])
    sounds = {r.recording_id: r.recording_id for r in people.recordings} | {"p002_0": "x", "p002_1": "x"}
    answers = make_answers(people, {"AS": [0.9, 0.8, 0.1, 0.3, 0.3, 0.2]})
    found = identical_recordings(answers, people, sounds, **STATISTICS)
    assert (found["sounds"], found["recordings"], found["patients"]) == (1, 2, 1)
    assert (found["across_patients"], found["across_sites"], found["across_data_sets"]) == (0, 0, 0)
    assert found["groups"] == [{"recordings": ["p002_0", "p002_1"], "patients": ["p002"], "across": "nothing"}]
    assert found["without"]["patients"] == 1
    assert found["without"]["labels"]["AS"]["auroc"]["value"] == 1.0
    assert found["without"]["labels"]["AS"]["auroc"]["n"] == 5
    assert found["difference"]["labels"]["AS"]["value"] == pytest.approx(1 - 6 / 9)
    assert found["difference"]["macro"]["value"] == pytest.approx(1 - 6 / 9)


def test_borders_between_patients_and_sites_are_counted() -> None:
    """Two patients of one site share a sound, and two of different sites with different truths another."""
    people = make_people({"AS": ILL}, site=["a", "a", "a", "a", "b", "b"])
    sounds = {"p000_0": "x", "p001_0": "x", "p003_0": "1", "p002_0": "y", "p004_0": "y", "p005_0": "2"}
    found = identical_recordings(make_answers(people, {"AS": [0.9] * 6}), people, sounds, **STATISTICS)
    assert (found["across_patients"], found["across_sites"], found["contradicting"]) == (2, 1, 1)
    assert [group["across"] for group in found["groups"]] == ["patients", "sites"]
    # Two healthy patients are left.
    assert found["without"]["labels"]["AS"]["auroc"]["value"] is None
    assert found["difference"]["labels"]["AS"]["value"] is None


def test_different_sounds_are_a_reason() -> None:
    sounds = {r.recording_id: r.recording_id for r in PEOPLE.recordings}
    assert identical_recordings(HEARD, PEOPLE, sounds, **STATISTICS) == {
        "reason": "no two of the 6 recordings have the same sound"
    }


def test_identical_sounds_of_patients_who_are_not_tested_change_nothing() -> None:
    """They may have been learned from; the tested ones are all as they were."""
    people = make_people({"AS": [*ILL, 1]}, positions=[LYING, SITTING])
    sounds = {"p006_0": "x", "p006_1": "x"}
    found = identical_recordings(HEARD, people, sounds, **STATISTICS)
    assert found["sounds"] == 1
    assert found["without"] == {"reason": "none of the tested patients are concerned"}
