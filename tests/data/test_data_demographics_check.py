"""How well the demographics alone tell a label."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartprobe.data.demographics_check import DemographicsScore, demographics_scores
from heartprobe.data.recordings import Demographics, Patient, Recording, RecordingSet


def patients(*rows: tuple[int | None, Demographics]) -> RecordingSet:
    """One recording for each patient, with the label N and demographics."""
    people = {f"p{i:03}": Patient(f"p{i:03}", {"N": n}, known) for i, (n, known) in enumerate(rows)}
    return RecordingSet("x", tuple(Recording(f"r{p}", p, Path(f"{p}.wav")) for p in people), people)


def test_a_label_that_hangs_on_age_is_found_out() -> None:
    """Every normal is younger than everybody else."""
    recordings = patients(
        *[(1, Demographics(20 + i)) for i in range(10)], *[(0, Demographics(40 + i)) for i in range(10)]
    )
    assert demographics_scores(recordings, ["N"]) == {"N": DemographicsScore(1.0, 20)}


def test_unrelated_demographics_do_not_reach_above_chance() -> None:
    """Each patient is predicted by a model that has not seen it, so nothing is learned by heart."""
    recordings = patients(*[(i % 2, Demographics(20 + i // 2, "MF"[i // 2 % 2])) for i in range(40)])
    value = demographics_scores(recordings, ["N"])["N"].value
    assert value is not None
    assert value < 0.6


def test_sex_smoking_and_residence_count() -> None:
    """A single category that follows the label is enough; the others are unknown or always the same."""
    for known in (("M", None, "U"), (None, True, "U"), (None, False, "R")):
        sick = Demographics(50, *known)
        well = Demographics(50, "F" if known[0] else None, not known[1] if known[1] is not None else None, "U")
        recordings = patients(*[(0, sick)] * 5, *[(1, well)] * 5)
        assert demographics_scores(recordings, ["N"])["N"].value == 1.0


def test_patients_of_unknown_label_do_not_count() -> None:
    """They are neither normal nor abnormal; a patient of unknown age counts."""
    recordings = patients(
        *[(1, Demographics(20))] * 4, *[(0, Demographics(50))] * 4, (0, Demographics(None)), (None, Demographics(20))
    )
    assert demographics_scores(recordings, ["N"])["N"].n == 9


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(1, Demographics())] * 3 + [(0, Demographics())] * 3, "no patient has demographics"),
        (
            [(1, Demographics(30))] + [(0, Demographics(50))] * 5,
            "it takes two patients of each kind, of one there are 1",
        ),
        ([(0, Demographics(50))] * 5, "it takes two patients of each kind, of one there are 0"),
        ([(None, Demographics(50))] * 5, "it takes two patients of each kind, of one there are 0"),
    ],
)
def test_an_undefined_score_has_its_reason(rows: list[tuple[int | None, Demographics]], reason: str) -> None:
    """It is null in JSON, never a number."""
    score = demographics_scores(patients(*rows), ["N"])["N"]
    assert score.as_dict() == {"value": None, "reason": reason}


def test_a_score_is_the_same_every_time() -> None:
    """The folds are seeded."""
    recordings = patients(*[(i * i % 7 < 3, Demographics(20 + i * 37 % 40)) for i in range(30)])
    assert demographics_scores(recordings, ["N"]) == demographics_scores(recordings, ["N"])
