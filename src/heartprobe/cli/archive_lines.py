"""What is printed while an archive is predicted: a line for each patient, and each problem."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heartprobe.cli.console import ConsoleProgress, print_line
from heartprobe.cli.probabilities import of_finding, where_they_hold
from heartprobe.evaluation.wording import counted, first_of


class ArchiveLines:
    """Prints each result when it is there, and counts.

    Args:
        as_json: Whether results are printed as JSON lines on standard output; problems then go to
            standard error alone.
        progress: Told of problems.
    """

    def __init__(self, as_json: bool, progress: ConsoleProgress) -> None:
        self._as_json, self._progress = as_json, progress
        self._n_patients = self._n_recordings = self.n_problems = 0
        self._where_they_hold: dict[str, None] = {}
        self._noted: dict[str, list[str]] = {}

    def show(self, result: Mapping[str, Any]) -> None:
        """Print one patient."""
        self._n_patients += 1
        self._where_they_hold |= dict.fromkeys(_where_they_hold(result))
        for note in result["notes"]:
            self._noted.setdefault(note, []).append(result["patient_id"])
        self._n_recordings += len(result["recordings"])
        print_line(json.dumps(result, allow_nan=False) if self._as_json else _sentence(result))
        for problem in _problems(result):
            self.n_problems += 1
            self._progress.note(f"Not used: {problem}")

    def end(self, results: Path, passed_over: Mapping[str, int]) -> None:
        """Say how many there were, where the results are, and what was not looked at."""
        note = self._progress.note
        if passed_over:
            kinds = ", ".join(f"{n} {suffix or 'without ending'}" for suffix, n in sorted(passed_over.items()))
            note(f"Files with other endings than recordings have were not looked at: {kinds}.")
        failed = f"{self.n_problems} could not be used" if self.n_problems else "all could be used"
        patients, recordings = counted(self._n_patients, "patient"), counted(self._n_recordings, "recording")
        note(f"{patients}, {recordings}: {failed}. Results: {results}")
        if not self._as_json:
            for said, whose in self._noted.items():
                print_line(said if len(whose) == self._n_patients else f"{first_of(whose)}: {said}")
            for said in self._where_they_hold:
                print_line(said)
            print_line("Research software, not a medical device.")


def _problems(result: Mapping[str, Any]) -> list[str]:
    named = [(one["name"], one["problem"]) for one in result["recordings"] if one["problem"] is not None]
    if result["problem"] is not None and not named:
        return [f"{result['patient_id']}: {result['problem']}"]
    # Why there is no answer about a patient is that no recording could be used: each says why.
    return [f"{name}: {problem}" for name, problem in named]


def _where_they_hold(result: Mapping[str, Any]) -> list[str]:
    """Return where the probabilities of a patient hold, if that is known: mostly as for all others, and said once."""
    answers = (result["patient"] or {}).values()
    held = where_they_hold({answer["finding"]: answer["prevalence"] for answer in answers})
    return [] if held is None else [held]


def _sentence(result: Mapping[str, Any]) -> str:
    answers = result["patient"]
    if not answers:
        return f"{result['patient_id']}: no answer"
    said = ", ".join(
        f"{answer['finding']} {answer['decision']} "
        f"({of_finding(answer['finding_probability'], is_calibrated=answer['is_calibrated'])})"
        for answer in answers.values()
    )
    bpm = result["heart_rate"]["bpm"]
    return f"{result['patient_id']}: {said}; heart rate {'not found' if bpm is None else f'{bpm:.0f} per minute'}"
