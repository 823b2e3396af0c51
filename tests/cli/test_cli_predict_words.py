"""How answers are put into words, the same for one patient and for many."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from heartprobe.cli.archive_lines import ArchiveLines
from heartprobe.cli.console import ConsoleProgress
from heartprobe.cli.patient_table import print_prediction
from heartprobe.cli.probabilities import of_finding, percent, where_they_hold
from heartprobe.decisions.answer import Answer
from heartprobe.decisions.prediction import PatientPrediction, RecordingPrediction


def answer(label: str, probability: float, *, is_calibrated: bool = True, prevalence: float | None = 0.5) -> Answer:
    return Answer(
        label=label,
        probability=probability,
        uncalibrated=probability,
        threshold=0.5,
        is_declared=True,
        is_near=False,
        is_contradicted=False,
        low=None,
        high=None,
        why_no_interval="too few",
        is_calibrated=is_calibrated,
        prevalence=prevalence if is_calibrated else None,
    )


SURE = (answer("AS", 0.9999), answer("MS", 0.999, is_calibrated=False))
HELD = (
    "Probabilities hold where so many people have the finding: aortic stenosis 50 %. Where fewer have it, they are too "
    "high; where more have it, too low."
)


def predicted(*, notes: tuple[str, ...] = (), problem: str | None = None) -> PatientPrediction:
    recording = RecordingPrediction("a.wav", None, () if problem else SURE, problem)
    return PatientPrediction(() if problem else SURE, (recording,), notes=notes, problem=problem)


def printed(result: Mapping[str, Any], capsys: pytest.CaptureFixture[str], n: int = 1) -> tuple[list[str], list[str]]:
    lines = ArchiveLines(False, ConsoleProgress())
    for _ in range(n):
        lines.show(result)
    lines.end(Path("results.jsonl"), {})
    out, err = capsys.readouterr()
    return out.splitlines(), err.splitlines()


@pytest.mark.parametrize(
    ("probability", "said"), [(0.999, "> 99 %"), (0.99, "99 %"), (0.5, "50 %"), (0.01, "1 %"), (0.001, "< 1 %")]
)
def test_nothing_is_said_to_be_certain(probability: float, said: str) -> None:
    assert percent(probability) == said
    assert of_finding(probability, is_calibrated=True) == said
    assert of_finding(probability, is_calibrated=False) == f"{said}, uncalibrated"


def test_one_patient_and_many_are_told_in_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Not "100 %" in one place and "> 99 %" in another; what was not calibrated says so in both."""
    print_prediction(predicted(notes=("Look.",)))
    alone = capsys.readouterr().out
    out, err = printed(predicted(notes=("Look.",)).as_dict(), capsys, n=2)
    assert out == [
        *["patient: aortic stenosis present (> 99 %), mitral stenosis present (> 99 %, uncalibrated); "
          "heart rate not found"] * 2,
        "Look.",
        HELD,
        "Research software, not a medical device.",
    ]  # fmt: skip
    assert err == ["2 patients, 2 recordings: all could be used. Results: results.jsonl"]
    for said in ("> 99 %, uncalibrated", "Note: Look.", HELD, "The patient, from 1 of 1 recording\n"):
        assert said in alone
    assert "100 %" not in alone


def test_a_note_that_is_not_of_everybody_says_whose_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ArchiveLines(False, ConsoleProgress())
    for name in ("A", "B", "C", "D", "E"):
        notes = ("Of all.",) if name == "E" else ("Of all.", "Of four.")
        lines.show(predicted(notes=notes).as_dict() | {"patient_id": name})
    lines.end(Path("results.jsonl"), {})
    assert capsys.readouterr().out.splitlines()[5:7] == ["Of all.", "A, B, C and 1 more: Of four."]


def test_one_patient_is_no_patients(capsys: pytest.CaptureFixture[str]) -> None:
    """And one without an answer is one problem, not two."""
    out, err = printed(predicted(problem="a.wav is empty.").as_dict(), capsys)
    assert out == ["patient: no answer", "Research software, not a medical device."]
    assert err == [
        "Not used: a.wav: a.wav is empty.",
        "1 patient, 1 recording: 1 could not be used. Results: results.jsonl",
    ]
    print_prediction(predicted(problem="a.wav is empty."))
    assert capsys.readouterr().out == "No recording could be used, so there is no answer.\nNot used: a.wav is empty.\n"


def test_where_probabilities_hold_is_said_of_those_of_which_it_is_known() -> None:
    assert where_they_hold({"aortic stenosis": 0.5, "mitral stenosis": None}) == HELD
    assert where_they_hold({"aortic stenosis": None}) is None
    assert where_they_hold({}) is None


def test_one_of_something_is_in_the_singular(capsys: pytest.CaptureFixture[str]) -> None:
    progress = ConsoleProgress()
    for n in (1, 2):
        with progress.task("Predicting", n, "recordings"):
            pass
    assert capsys.readouterr().err.splitlines() == ["Predicting: 1 recording", "Predicting: 2 recordings"]
