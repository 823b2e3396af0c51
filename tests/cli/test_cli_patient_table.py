"""What the terminal says beside a probability."""

from __future__ import annotations

import pytest

from heartprobe.cli.patient_table import print_prediction
from heartprobe.decisions.answer import Answer
from heartprobe.decisions.prediction import PatientPrediction, RecordingPrediction

UNSETTLED = "the interval holds the threshold: the calibration is not known well enough to settle this."


def answer(low: float | None, high: float | None, *, is_near: bool = False) -> Answer:
    return Answer(
        label="MR",
        probability=0.02,
        uncalibrated=0.02,
        threshold=0.43,
        is_declared=False,
        is_near=is_near,
        is_contradicted=False,
        low=low,
        high=high,
        why_no_interval=None if low is not None else "too few",
        is_calibrated=True,
        prevalence=None,
    )


@pytest.mark.parametrize(
    ("said", "is_told"),
    [
        (answer(0.001, 0.98), True),
        (answer(0.001, 0.42), False),
        (answer(None, None), False),
        (answer(0.001, 0.98, is_near=True), False),
    ],
    ids=["holds", "does not", "none", "withheld"],
)
def test_a_decision_that_the_interval_does_not_settle(
    said: Answer, is_told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside a decision that stands; one that is withheld says why anyway."""
    recording = RecordingPrediction("a.wav", None, (said,), None)
    print_prediction(PatientPrediction((said,), (recording,)))
    shown = " ".join(capsys.readouterr().out.split())
    assert (f"Mitral regurgitation: {UNSETTLED}" in shown) is is_told


def test_each_recording_has_its_own_decision(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(0.001, 0.2)
    print_prediction(PatientPrediction((said,), (RecordingPrediction("a.wav", None, (said,), None),)))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("a.wav")]
    assert "2 %, absent" in line
