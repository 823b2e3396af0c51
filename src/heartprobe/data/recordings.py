"""Patients, their recordings, and the set that holds both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heartprobe.errors import AudioError

Posture = Literal["sup", "sit"]
ValveArea = Literal["Mit", "Tri", "Pul", "Aor"]

POSTURES: tuple[Posture, ...] = ("sup", "sit")
VALVE_AREAS: tuple[ValveArea, ...] = ("Mit", "Tri", "Pul", "Aor")


@dataclass(frozen=True, slots=True)
class Position:
    """Where and how a recording was made: lying or sitting (`None` where it is unknown), and the valve area."""

    posture: Posture | None
    area: ValveArea

    def __str__(self) -> str:
        return self.area if self.posture is None else f"{self.posture}_{self.area}"


@dataclass(frozen=True, slots=True)
class Demographics:
    """What is known of a patient beside the sound; `None` where it is unknown.

    Attributes:
        age: In years, 0 to 120.
        sex: `"M"` or `"F"`.
        smoker: Whether the patient smokes.
        lives: `"U"` for urban, `"R"` for rural.
    """

    age: float | None = None
    sex: str | None = None
    smoker: bool | None = None
    lives: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """One person; or one recording, in a data set that does not tell who was recorded.

    Attributes:
        patient_id: Unique in the data set.
        labels: By name: 1, 0, or `None` for unknown. A label that is not there is unknown, too.
        demographics: What is known of the person beside the sound.
        site: The part of the data set that was recorded in one place, such as `"training-a"`; the
            name of the data set where it has no parts.
        group: Patients of one group may be one and the same person, so that no split may part
            them; `None` where the data set knows the person from everybody else. A group lies
            within one site.
    """

    patient_id: str
    labels: Mapping[str, int | None]
    demographics: Demographics = field(default_factory=Demographics)
    site: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio file of one patient.

    Attributes:
        recording_id: Unique in the data set.
        patient_id: Whose it is.
        path: The audio file.
        position: Where and how it was made, as far as it is known.
        segmentation: The file that says when its heart sounds are, for
            `heartprobe.data.segmentation.read_segmentation`; `None` without one.
    """

    recording_id: str
    patient_id: str
    path: Path
    position: Position | None = None
    segmentation: Path | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong or odd in a data set.

    Attributes:
        kind: A short fixed word, such as `"missing"` or `"truncated"`.
        subject: The recording, patient or file that it is about.
        detail: One sentence: what was found, what was expected, what follows.
        is_problem: Whether it counts as wrong; notes (corrections applied) do not.
    """

    kind: str
    subject: str
    detail: str
    is_problem: bool = True


def unusable(recording: Recording, error: AudioError) -> Finding:
    """Return the finding on a recording that could not be used; it names the file without its folder.

    Where a data set lies must not change the report about it.
    """
    detail = str(error).replace(str(recording.path), recording.path.name)
    return Finding(error.kind, recording.recording_id, detail)


@dataclass(frozen=True, slots=True)
class RecordingSet:
    """The recordings of a data set with their patients.

    Attributes:
        name: Name of the data set, such as `"bmd-hs"`.
        recordings: Sorted by patient and then in the order of the tables.
        patients: By patient id; every recording's patient is in it.
        findings: What the reader noticed and how it dealt with it.
        is_synthetic: Whether the sounds were generated rather than recorded.
    """

    name: str
    recordings: tuple[Recording, ...]
    patients: Mapping[str, Patient]
    findings: tuple[Finding, ...] = ()
    is_synthetic: bool = False

    @property
    def patient_ids(self) -> tuple[str, ...]:
        """Ids of the patients that have at least one recording, sorted."""
        return tuple(sorted({recording.patient_id for recording in self.recordings}))

    def site_of(self, patient_id: str) -> str:
        """Return where a patient was recorded: the part of the data set, or its name where it has no parts."""
        return self.patients[patient_id].site or self.name

    def of_patients(self, patient_ids: Iterable[str]) -> RecordingSet:
        """Return the part of the set that belongs to these patients."""
        wanted = set(patient_ids)
        return replace(
            self,
            recordings=tuple(r for r in self.recordings if r.patient_id in wanted),
            patients={p: patient for p, patient in self.patients.items() if p in wanted},
        )

    def targets(self, patient_ids: Sequence[str], labels: Sequence[str]) -> NDArray[np.float32]:
        """Return the labels of these patients, shape `(patients, labels)`, NaN where unknown."""
        values = [
            [np.nan if (v := self.patients[p].labels.get(label)) is None else v for label in labels]
            for p in patient_ids
        ]
        return np.asarray(values, dtype=np.float32).reshape(len(patient_ids), len(labels))
