"""The patients of CirCor, each from its description file.

Such a file (George B. Moody PhysioNet Challenge 2022, "Data Format") is called after the patient:

    1234 2 4000
    AV 1234_AV.hea 1234_AV.wav 1234_AV.tsv
    MV 1234_MV_1.hea 1234_MV_1.wav 1234_MV_1.tsv
    #Age: Child
    #Murmur: Present
    #Outcome: Abnormal

`nan` stands for what is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from heartprobe.data.extra_labels import MURMUR
from heartprobe.data.faults import Faults
from heartprobe.data.recordings import Demographics, Position
from heartprobe.errors import DataError, did_you_mean
from heartprobe.labels import NORMAL

#: Valve areas; *Phc* is any other place.
POSITIONS: Mapping[str, Position | None] = {
    "AV": Position(None, "Aor"),
    "PV": Position(None, "Pul"),
    "TV": Position(None, "Tri"),
    "MV": Position(None, "Mit"),
    "Phc": None,
}

#: The middle of each age category in years, as in the example code of the challenge
#: (python-classifier-2022, `get_features`, which has it in months).
AGES: Mapping[str, float] = {
    "Neonate": 0.5 / 12,
    "Infant": 0.5,
    "Child": 6.0,
    "Adolescent": 15.0,
    "Young adult": 20.0,
}

_OUTCOMES = {"Normal": 1, "Abnormal": 0}
_MURMURS: Mapping[str, int | None] = {"Present": 1, "Absent": 0, "Unknown": None}
_SEXES = {"Female": "F", "Male": "M"}
_UNKNOWN = ("", "nan")
_FILE_NAME = re.compile(r"[0-9]+\.txt")
_PATIENT_ID = re.compile(r"[0-9]+")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ListedSound:
    """A recording that a patient's file lists.

    Attributes:
        recording_id: Name of its file, without suffix.
        position: Where it was made; `None` for any place that is no valve area.
        segmentation: Name of the file with its segmentation; `None` without one.
    """

    recording_id: str
    position: Position | None
    segmentation: str | None


@dataclass(frozen=True, slots=True)
class DescribedPatient:
    """What the file of a patient says.

    Attributes:
        path: The file.
        patient_id: The number of the patient.
        sounds: The recordings.
        labels: `N` from the outcome, and `murmur`.
        demographics: Age (the middle of its category) and sex.
        also_known_as: The patient's number in the other campaign, or `None`.
    """

    path: Path
    patient_id: str
    sounds: tuple[ListedSound, ...]
    labels: Mapping[str, int | None]
    demographics: Demographics
    also_known_as: str | None


def is_description(path: Path) -> bool:
    """Return whether a file is called as that of a patient."""
    return _FILE_NAME.fullmatch(path.name) is not None


def read_description(path: Path, name: str, faults: Faults) -> DescribedPatient | None:
    """Read the file of one patient.

    Args:
        path: The file.
        name: What messages about its lines call it.
        faults: Where what cannot be believed is collected.

    Returns:
        What the file says, without the lines that cannot be believed; `None` where its first line,
        without which the others mean nothing, is one of them.

    Raises:
        DataError: If the file cannot be opened.
    """
    text = _Text(name, _lines(path, name, faults), faults)
    n_sounds = _number_of_sounds(text, path.stem)
    if n_sounds is None:
        return None
    listed = [_sound(text, number) for number in range(2, min(n_sounds + 1, len(text.lines)) + 1)]
    if len(listed) < n_sounds:
        detail = f"found {n_sounds} recordings announced, but {len(listed)} lines follow."
        faults.add(f"{name}, line 1", detail)
    facts = _facts(text, n_sounds + 2)
    return DescribedPatient(
        path=path,
        patient_id=path.stem,
        sounds=tuple(sound for sound in listed if sound is not None),
        labels={
            NORMAL: _meaning(text, facts, "Outcome", _OUTCOMES),
            MURMUR: _meaning(text, facts, "Murmur", _MURMURS),
        },
        demographics=Demographics(age=_meaning(text, facts, "Age", AGES), sex=_meaning(text, facts, "Sex", _SEXES)),
        also_known_as=_additional_id(text, facts),
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """The lines of a file, numbered from 1."""

    name: str
    lines: Sequence[str]
    faults: Faults

    def fault(self, number: int, found: str, expected: str, hint: str = "") -> None:
        self.faults.add_text(f"{self.name}, line {number}", found, expected, hint)


def _lines(path: Path, name: str, faults: Faults) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig").rstrip().splitlines()]
    except UnicodeDecodeError:
        faults.add(name, "found bytes that are no text in UTF-8.")
        return []
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def _number_of_sounds(text: _Text, patient_id: str) -> int | None:
    """Return how many recordings the first line announces, or `None` where that cannot be believed."""
    line = text.lines[0] if text.lines else ""
    cells = line.split()
    if len(cells) != 3 or cells[0] != patient_id or not re.fullmatch(r"[0-9]{1,3}", cells[1]):
        text.fault(1, line, f"{patient_id!r}, the number of recordings, and their sampling rate")
        return None
    return int(cells[1])


def _sound(text: _Text, number: int) -> ListedSound | None:
    cells = text.lines[number - 1].split()
    if not 3 <= len(cells) <= 4 or cells[0] not in POSITIONS:
        places = ", ".join(POSITIONS)
        expected = f"a place ({places}) and the names of header, recording and segmentation"
        text.fault(number, text.lines[number - 1], expected)
        return None
    recording_id = PurePosixPath(cells[2]).stem
    return ListedSound(recording_id, POSITIONS[cells[0]], cells[3] if len(cells) == 4 else None)


def _facts(text: _Text, start: int) -> dict[str, tuple[int, str]]:
    """Return what stands behind every `#Name:` from a line on, with its line number."""
    facts: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(text.lines[start - 1 :], start=start):
        name, colon, value = line.partition(":")
        if line.startswith("#") and colon:
            facts[name[1:].strip()] = (number, value.strip())
        elif line:
            text.fault(number, line, "#Name: value")
    return facts


def _meaning(
    text: _Text, facts: Mapping[str, tuple[int, str]], name: str, meanings: Mapping[str, Value]
) -> Value | None:
    number, value = facts.get(name, (0, ""))
    # The published files and the challenge's page differ in capitals (Young Adult, Young adult).
    word = value.capitalize()
    if value not in _UNKNOWN and word not in meanings:
        expected = f"{name}: one of {', '.join(meanings)}, or nan where it is unknown"
        text.fault(number, value, expected, did_you_mean(value, meanings))
    return meanings.get(word)


def _additional_id(text: _Text, facts: Mapping[str, tuple[int, str]]) -> str | None:
    number, value = facts.get("Additional ID", (0, ""))
    # Some tools write the number of a patient as 50048.0.
    patient_id = value.removesuffix(".0")
    if value in _UNKNOWN:
        return None
    if not _PATIENT_ID.fullmatch(patient_id):
        text.fault(number, value, "Additional ID: the number of a patient, or nan")
        return None
    return patient_id
