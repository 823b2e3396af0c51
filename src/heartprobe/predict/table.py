"""Results as one table for spreadsheets and statistics: a row for each answer."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from heartprobe.atomic import replacing
from heartprobe.predict.earlier import owner_key
from heartprobe.predict.given import GivenPatient
from heartprobe.predict.results import owner_in

COLUMNS: Final = (
    "patient_id",
    "patient_key",
    "level",
    "recording",
    "position",
    "start_s",
    "end_s",
    "label",
    "finding",
    "decision",
    "finding_probability",
    "low",
    "high",
    "why_no_interval",
    "threshold",
    "probability",
    "uncalibrated",
    "is_calibrated",
    "prevalence",
    "why_uncertain",
    "heart_rate_bpm",
    "heart_rate_confidence",
    "findings",
    "problem",
)

_OF_ANSWER: Final = (
    "finding",
    "decision",
    "finding_probability",
    "low",
    "high",
    "why_no_interval",
    "threshold",
    "probability",
    "uncalibrated",
    "is_calibrated",
    "prevalence",
    "why_uncertain",
)

Row = Mapping[str, Any]


def write_table(results: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write the table, whole or not at all.

    Args:
        results: What `PatientPrediction.as_dict` returns, with the patient's `patient_key` in front, one after the
            other.
        path: Where it goes; what lies there is replaced.
    """
    # File names need not be valid text.
    with (
        replacing(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for result in results:
            writer.writerows(rows(result))


def read_results(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the results in a finished results file, one after the other, as `write_table` takes them."""
    with path.open("rb") as file:
        for line in file:
            result = json.loads(line)
            yield {"patient_key": owner_in(result["key"]), **result}


def keyed(given: GivenPatient, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a patient as `write_table` takes it."""
    return {"patient_key": owner_key(given), **result}


def rows(result: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows of one patient: the patient, each recording, each of its windows.

    Where there is no answer, one row says why in `problem`. `findings` are the kinds of
    everything that is wrong or odd, joined by spaces.
    """
    whose = {"patient_id": result["patient_id"], "patient_key": result["patient_key"]}
    patient = whose | {"level": "patient", "problem": result["problem"], **_rate(result)}
    yield from _answers(patient, result["patient"])
    for recording in result["recordings"]:
        where = whose | {"recording": recording["name"], "position": recording["position"]}
        said = {
            "level": "recording",
            "findings": " ".join(finding["kind"] for finding in recording["findings"]),
            "problem": recording["problem"],
            "end_s": recording["duration_s"],
            **_rate(recording),
        }
        yield from _answers(where | said, recording["answers"])
        for window in recording["windows"]:
            times = {"level": "window", "start_s": window["start_s"], "end_s": window["end_s"]}
            yield from _answers(where | times, window["answers"])


def _rate(said: Mapping[str, Any]) -> Row:
    rate = said["heart_rate"] or {"bpm": None, "confidence": None}
    return {"heart_rate_bpm": rate["bpm"], "heart_rate_confidence": rate["confidence"]}


def _answers(where: Row, answers: Mapping[str, Any] | None) -> Iterator[Row]:
    if not answers:
        yield where
    for label, answer in (answers or {}).items():
        yield {**where, "label": label, **{name: answer[name] for name in _OF_ANSWER}}
