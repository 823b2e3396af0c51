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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from heartprobe.data.extra_labels import MURMUR
from heartprobe.data.recordings import Demographics, Position
from heartprobe.errors import DataError, TableError, did_you_mean
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


def read_description(path: Path) -> DescribedPatient:
    """Read the file of one patient.

    Raises:
        TableError: At the first line that cannot be believed.
        DataError: If the file cannot be opened.
    """
    lines = _lines(path)
    patient_id, n_sounds = _first_line(path, lines[0] if lines else "")
    sounds = tuple(_sound(path, number, line) for number, line in enumerate(lines[1 : n_sounds + 1], start=2))
    if len(sounds) < n_sounds:
        raise TableError(f"{path}, line 1: found {n_sounds} recordings announced, but {len(sounds)} lines follow.")
    facts = _facts(path, lines, n_sounds + 1)
    return DescribedPatient(
        path=path,
        patient_id=patient_id,
        sounds=sounds,
        labels={
            NORMAL: _meaning(path, facts, "Outcome", _OUTCOMES),
            MURMUR: _meaning(path, facts, "Murmur", _MURMURS),
        },
        demographics=Demographics(age=_meaning(path, facts, "Age", AGES), sex=_meaning(path, facts, "Sex", _SEXES)),
        also_known_as=_additional_id(path, facts),
    )


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig").rstrip().splitlines()]
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is not a text in UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def _wrong(path: Path, number: int, found: str, expected: str) -> TableError:
    return TableError(f"{path}, line {number}: found {found[:60]!r}, expected {expected}.")


def _first_line(path: Path, line: str) -> tuple[str, int]:
    cells = line.split()
    if len(cells) != 3 or cells[0] != path.stem or not re.fullmatch(r"[0-9]{1,3}", cells[1]):
        raise _wrong(path, 1, line, f"{path.stem!r}, the number of recordings, and their sampling rate")
    return cells[0], int(cells[1])


def _sound(path: Path, number: int, line: str) -> ListedSound:
    cells = line.split()
    if not 3 <= len(cells) <= 4 or cells[0] not in POSITIONS:
        places = ", ".join(POSITIONS)
        raise _wrong(path, number, line, f"a place ({places}) and the names of header, recording and segmentation")
    recording_id = PurePosixPath(cells[2]).stem
    return ListedSound(recording_id, POSITIONS[cells[0]], cells[3] if len(cells) == 4 else None)


def _facts(path: Path, lines: list[str], start: int) -> dict[str, tuple[int, str]]:
    """Return what stands behind every `#Name:`, with its line number."""
    facts: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines[start:], start=start + 1):
        name, colon, value = line.partition(":")
        if not line:
            continue
        if not (line.startswith("#") and colon):
            raise _wrong(path, number, line, "#Name: value")
        facts[name[1:].strip()] = (number, value.strip())
    return facts


def _meaning(
    path: Path, facts: Mapping[str, tuple[int, str]], name: str, meanings: Mapping[str, Value]
) -> Value | None:
    number, value = facts.get(name, (0, ""))
    if value in _UNKNOWN:
        return None
    # The published files and the challenge's page differ in capitals (Young Adult, Young adult).
    word = value.capitalize()
    if word not in meanings:
        expected = f"{name}: one of {', '.join(meanings)}, or nan where it is unknown"
        raise TableError(f"{_wrong(path, number, value, expected)}{did_you_mean(value, meanings)}")
    return meanings[word]


def _additional_id(path: Path, facts: Mapping[str, tuple[int, str]]) -> str | None:
    number, value = facts.get("Additional ID", (0, ""))
    if value in _UNKNOWN:
        return None
    # Some tools write the number of a patient as 50048.0.
    patient_id = value.removesuffix(".0")
    if not _PATIENT_ID.fullmatch(patient_id):
        raise _wrong(path, number, value, "Additional ID: the number of a patient, or nan")
    return patient_id
