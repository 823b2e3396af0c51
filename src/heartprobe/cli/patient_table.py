"""What is said of one patient, as tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from heartprobe.cli.console import print_line, print_table
from heartprobe.cli.probabilities import of_finding, percent, where_they_hold
from heartprobe.evaluation.wording import counted

#: Said of an answer whose interval holds the threshold; the page says the same.
UNSETTLED = "the interval holds the threshold: the calibration is not known well enough to settle this."

if TYPE_CHECKING:
    from heartprobe.decisions.answer import Answer
    from heartprobe.decisions.prediction import PatientPrediction, RecordingPrediction


def print_prediction(prediction: PatientPrediction) -> None:
    """Print what is said of the patient, what was heard in each recording, and what could not be used."""
    if prediction.answers:
        _print_answers(prediction)
        for sentence in _why_so(prediction):
            print_line(sentence)
        print_line(
            "Present: the probability reaches the threshold. The interval says how well the calibration is known, not "
            "how the model would do elsewhere. Research software, not a medical device."
        )
    else:
        print_line("No recording could be used, so there is no answer.")
    for recording in prediction.recordings:
        if recording.problem is not None:
            print_line(f"Not used: {recording.problem}")
        for finding in recording.findings:
            if recording.problem != finding.detail:
                print_line(f"Note: {finding.detail}")


def _print_answers(prediction: PatientPrediction) -> None:
    used = [recording for recording in prediction.recordings if recording.problem is None]
    title = f"The patient, from {len(used)} of {counted(len(prediction.recordings), 'recording')}"
    answers = [(a.finding, _probability(a), _interval(a), percent(a.threshold), a.decision) for a in prediction.answers]
    print_table(title, ("finding", "probability", "95 % interval", "threshold", "decision"), answers)
    for note in prediction.notes:
        print_line(f"Note: {note}")
    print_line()
    heard = [(r.name, *map(_alone, r.answers), _rate(r)) for r in used]
    findings = (answer.finding for answer in prediction.answers)
    print_table("Each recording alone", ("", *findings, "beats per minute"), heard)


def _why_so(prediction: PatientPrediction) -> Iterator[str]:
    """Yield why answers are withheld, why they have no interval, and where they hold."""
    for answer in prediction.answers:
        if answer.why_uncertain is not None:
            yield f"Uncertain, {answer.finding}: {answer.why_uncertain}."
        elif answer.is_unsettled:
            yield f"{answer.finding.capitalize()}: {UNSETTLED}"
    for reason, findings_without in _without_interval(prediction).items():
        yield f"No interval, {', '.join(findings_without)}: {reason}."
    held = where_they_hold({answer.finding: answer.prevalence for answer in prediction.answers})
    if held is not None:
        yield held


def _probability(answer: Answer) -> str:
    return of_finding(answer.finding_probability, is_calibrated=answer.is_calibrated)


def _alone(answer: Answer) -> str:
    """Return what one recording says, and what that is by the threshold of single recordings."""
    return f"{_probability(answer)}, {answer.decision}"


def _interval(answer: Answer) -> str:
    """Return where the probability may lie, as far as the calibration is known."""
    if answer.low is None or answer.high is None:
        return "none"
    return f"{percent(answer.low)} to {percent(answer.high)}".replace(" % to ", " to ")


def _without_interval(prediction: PatientPrediction) -> dict[str, list[str]]:
    """Return the findings whose probability has no interval, by the reason."""
    found: dict[str, list[str]] = {}
    for answer in prediction.answers:
        if answer.why_no_interval is not None:
            found.setdefault(answer.why_no_interval, []).append(answer.finding)
    return found


def _rate(recording: RecordingPrediction) -> str:
    """Return a heart rate with its confidence."""
    rate = None if recording.quality is None else recording.quality.heart_rate
    if rate is None or rate.bpm is None:
        return "not found"
    return f"{rate.bpm:.0f} (confidence {rate.confidence:.2f})"
