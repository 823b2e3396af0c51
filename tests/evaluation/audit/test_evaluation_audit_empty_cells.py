"""Kinds of patients that a class has none of, in words."""

from __future__ import annotations

from dataclasses import replace

from audited_people import make_people
from heartprobe.data.recordings import Demographics
from heartprobe.evaluation.audit.empty_cells import cell_entries, cell_sentences, empty_cells

#: As in BMD-HS: twenty normal patients, young, of the town, who do not smoke; thirty abnormal ones of all kinds.
LIKE_BMD_HS = make_people(
    {"N": [1] * 20 + [0] * 30},
    age=[20.0, 24.0] * 10 + [18.0, 22.0] * 5 + [45.0] * 20,
    lives=["U"] * 20 + ["U"] * 15 + ["R"] * 15,
    smoker=[False] * 20 + [False] * 15 + [True] * 15,
    sex=["F", "M"] * 25,
)


def test_what_no_normal_patient_is_stands_in_one_sentence() -> None:
    """Twenty older, fifteen rural, fifteen smoking; with twenty normals none of this is chance."""
    (sentence,) = cell_sentences(empty_cells(LIKE_BMD_HS, ["N"]))
    assert sentence == (
        "No normal patient is older than 24, lives in the country or smokes; of the others 20 of 30, 15 of 30 and 15 "
        "of 30: specificity says nothing about such patients, and age, residence and smoking alone can give the "
        "answer away."
    )


def test_the_cells_hold_the_counts() -> None:
    age, residence, smoking = cell_entries(empty_cells(LIKE_BMD_HS, ["N"]))
    assert age == {
        "label": "N",
        "side": "without",
        "class_patients": 20,
        "class_unknown": 0,
        "by": "age",
        "group": "older than 24",
        "patients": 20,
        "other_patients": 30,
    }
    assert (residence["by"], residence["group"], residence["patients"]) == ("residence", "rural", 15)
    assert (smoking["by"], smoking["group"]) == ("smoking", "smokers")


def test_a_rare_kind_is_missing_without_meaning() -> None:
    """Two of forty smoke, both ill: that none of ten normal patients does is as good as sure by chance."""
    people = make_people({"N": [1] * 10 + [0] * 30}, smoker=[False] * 38 + [True] * 2)
    assert empty_cells(people, ["N"]) == ()


def test_the_side_with_the_finding_is_looked_at_as_well() -> None:
    """All who have MS are women."""
    people = make_people({"MS": [1] * 20 + [0] * 30}, sex=["F"] * 20 + ["F", "M"] * 15)
    (sentence,) = cell_sentences(empty_cells(people, ["MS"]))
    assert sentence.startswith("No patient with MS is a man; of the others 15 of 30: sensitivity says nothing")


def test_the_unknown_count_on_neither_side() -> None:
    """Whether they smoke is known of no normal patient: then nobody can say that none does."""
    people = make_people({"N": [1] * 12 + [0] * 30}, smoker=[None] * 12 + [True] * 30)
    assert empty_cells(people, ["N"]) == ()
    unlabelled = make_people({"N": [None] * 12 + [0] * 30}, smoker=[False] * 12 + [True] * 30)
    assert empty_cells(unlabelled, ["N"]) == ()


def test_what_is_unknown_of_a_class_is_not_denied() -> None:
    """Of twenty normal patients nobody smokes; of five more it is not known."""
    people = make_people({"N": [1] * 25 + [0] * 30}, smoker=[False] * 20 + [None] * 5 + [True] * 30)
    sentence, _ = cell_sentences(empty_cells(people, ["N"]))
    assert sentence.startswith("No normal patient of whom it is known smokes; of the others 30 of 30")


def test_patients_without_recordings_do_not_count() -> None:
    """An old normal patient who was never recorded has not been heard by any model."""
    silent = replace(LIKE_BMD_HS, recordings=LIKE_BMD_HS.recordings[1:])
    older = {**silent.patients, "p000": replace(silent.patients["p000"], demographics=Demographics(age=80.0))}
    assert empty_cells(replace(silent, patients=older), ["N"])[0].group == "older than 24"
