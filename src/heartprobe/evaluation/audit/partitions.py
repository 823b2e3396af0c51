"""The groups that a report compares: by sex, residence, smoking, age, health, number of lesions and posture."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.evaluation.predictions.checks import Level
from heartprobe.labels import NORMAL, finding_value

#: The group of those of whom it is not known; it is shown like any other.
UNKNOWN: Final = "unknown"

SEXES: Final = {"F": "women", "M": "men"}
RESIDENCES: Final = {"U": "urban", "R": "rural"}
SMOKING: Final = {True: "smokers", False: "non-smokers"}
POSTURES: Final = {"sup": "lying", "sit": "sitting"}

#: Youngest age of each band but the first, in years. Bands are fixed rather than quantiles, so that the rows of two
#: reports can be laid side by side. 15 to 24 is what the United Nations call youth, and the age of the students who are
#: often recorded as healthy; 45 and 65 are limits in the largest survey of valve disease (Nkomo et al., Lancet 2006;
#: 368:1005); children are divided because their hearts beat much faster the younger they are.
AGE_LIMITS: Final = (1, 5, 15, 25, 45, 65)
AGE_BANDS: Final = ("under 1", "1 to 4", "5 to 14", "15 to 24", "25 to 44", "45 to 64", "65 and older")

#: A lesion is easily told from health: how well it is told from other lesions, only the ill can show.
HEARTS: Final = {1: "normal", 0: "abnormal"}

LESION_COUNTS: Final = ("none", "one", "several")


@dataclass(frozen=True, slots=True)
class Partition:
    """Every patient, or every recording, in exactly one group.

    Attributes:
        by: What tells the groups apart.
        title: The same as a heading.
        level: Whether patients or recordings are divided.
        groups: In the order in which they are shown; not all need to occur.
        group_of: The group of each patient or recording.
    """

    by: str
    title: str
    level: Level
    groups: tuple[str, ...]
    group_of: Mapping[str, str]


def partitions(recordings: RecordingSet) -> tuple[Partition, ...]:
    """Return all partitions of the patients with recordings, and that of the recordings by posture."""
    lesions = _known_lesions(recordings)

    def of_patients(by: str, title: str, groups: Sequence[str], group: Callable[[Patient], str | None]) -> Partition:
        group_of = {p: group(recordings.patients[p]) or UNKNOWN for p in recordings.patient_ids}
        return Partition(by, title, "patient", (*groups, UNKNOWN), group_of)

    return (
        of_patients("sex", "Sex", [*SEXES.values()], lambda p: SEXES.get(p.demographics.sex or "")),
        of_patients(
            "residence", "Residence", [*RESIDENCES.values()], lambda p: RESIDENCES.get(p.demographics.lives or "")
        ),
        of_patients("smoking", "Smoking", [*SMOKING.values()], _smoking),
        of_patients("age", "Age in years", AGE_BANDS, _age_band),
        of_patients("heart", "Heart", [*HEARTS.values()], _heart),
        of_patients("lesions", "Lesions", LESION_COUNTS, lambda p: _lesion_count(p, lesions)),
        Partition(
            "posture",
            "Posture",
            "recording",
            (*POSTURES.values(), UNKNOWN),
            {recording.recording_id: posture_of(recording) for recording in recordings.recordings},
        ),
    )


def posture_of(recording: Recording) -> str:
    """Return how the patient lay or sat, in words."""
    position = recording.position
    return UNKNOWN if position is None or position.posture is None else POSTURES[position.posture]


def _smoking(patient: Patient) -> str | None:
    return None if patient.demographics.smoker is None else SMOKING[patient.demographics.smoker]


def _age_band(patient: Patient) -> str | None:
    age = patient.demographics.age
    return None if age is None else AGE_BANDS[bisect_right(AGE_LIMITS, age)]


def _heart(patient: Patient) -> str | None:
    value = patient.labels.get(NORMAL)
    return None if value is None else HEARTS[value]


def _known_lesions(recordings: RecordingSet) -> tuple[str, ...]:
    """Return the lesions of which the data set tells whether at least one patient has them."""
    labels = [recordings.patients[patient].labels for patient in recordings.patient_ids]
    named = dict.fromkeys(label for known in labels for label, value in known.items() if value is not None)
    return tuple(label for label in named if finding_value(label) == 1)


def _lesion_count(patient: Patient, lesions: Sequence[str]) -> str | None:
    """Return how many lesions there are; `None` where an unknown one could change the answer."""
    values = [patient.labels.get(lesion) for lesion in lesions]
    present = values.count(1)
    if present >= 2:
        return "several"
    if not values or None in values:
        return None
    return LESION_COUNTS[present]
