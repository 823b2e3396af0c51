"""Patients who must stay in one part, because they may be one and the same person.

Some data sets do not tell who was recorded (`Patient.group`). A split that parted such patients could
test a person whom the model was developed on. What is divided is therefore not patients but units: a
group, or a patient who is in none. Where a data set knows every person, units are patients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import SplitError
from heartprobe.evaluation.protocols.stratify import Combination, deal, draw, stratified_order


@dataclass(frozen=True, slots=True)
class Units:
    """What a protocol divides.

    Attributes:
        members: Patients of each unit, sorted, by the first of them.
        combinations: Labels of each unit, by the same name. A group has what any of its patients has.
    """

    members: Mapping[str, tuple[str, ...]]
    combinations: Mapping[str, Combination]

    @classmethod
    def of(cls, recordings: RecordingSet, config: Config) -> Units:
        """Return the units of the patients with recordings.

        All labels that the data set declares count, whichever of them are predicted.
        """
        labels = sorted({*config.dataset.disease_classes, *config.labels})
        together: dict[tuple[str, str], list[str]] = defaultdict(list)
        for patient in recordings.patient_ids:
            group = recordings.patients[patient].group
            together["patient" if group is None else "group", group or patient].append(patient)
        members = {min(patients): tuple(sorted(patients)) for patients in together.values()}
        combinations = {
            unit: tuple(_any([recordings.patients[p].labels.get(label) for p in patients]) for label in labels)
            for unit, patients in members.items()
        }
        return cls(members, combinations)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def n_patients(self) -> int:
        """How many patients the units have together."""
        return sum(map(len, self.members.values()))

    def order(self, rng: np.random.Generator) -> tuple[str, ...]:
        """Return the units with those of equal labels side by side."""
        return stratified_order(self.combinations, rng)

    def deal(self, n_parts: int, rng: np.random.Generator) -> tuple[tuple[str, ...], ...]:
        """Deal the units to parts; each part is returned as its patients, sorted."""
        return tuple(self.patients(part) for part in deal(self.order(rng), n_parts))

    def draw(self, size: int, rng: np.random.Generator) -> tuple[str, ...]:
        """Return the patients of `size` units, sorted."""
        return self.patients(draw(self.order(rng), size, rng))

    def patients(self, units: Iterable[str]) -> tuple[str, ...]:
        """Return all patients of some units, sorted."""
        return tuple(sorted(patient for unit in units for patient in self.members[unit]))

    def without(self, patients: Collection[str]) -> Units:
        """Return the units of which no patient is named."""
        named = set(patients)
        kept = {unit: members for unit, members in self.members.items() if named.isdisjoint(members)}
        return Units(kept, {unit: self.combinations[unit] for unit in kept})

    def __str__(self) -> str:
        """Say how many there are, as the end of a sentence."""
        n = self.n_patients
        patients = "there is 1 patient with recordings" if n == 1 else f"there are {n} patients with recordings"
        if len(self) == n:
            return patients
        return f"{patients} in {len(self)} group(s) of which each may be one person"


def require_together(recordings: RecordingSet, split: Split) -> None:
    """Refuse a split that parts patients who may be one person.

    Raises:
        SplitError: Naming the group and one of its patients in each of two parts.
    """
    first: dict[str, tuple[int, str]] = {}
    for number, part in enumerate((split.train_only, *split.validation_folds, split.test)):
        for patient in part:
            group = recordings.patients[patient].group
            if group is None:
                continue
            where, other = first.setdefault(group, (number, patient))
            if where != number:
                raise SplitError(
                    f"Split {split.repeat}/{split.fold} parts the group {group!r}: {other} and {patient} stand in two "
                    "parts and may be one and the same person. Keep the patients of a group in one part."
                )


def require_several(units: Units, recordings: RecordingSet, *, purpose: str) -> None:
    """Refuse to divide patients who may all be one person.

    Raises:
        SplitError: Saying how such a data set can be used.
    """
    if len(units) == 1 and units.n_patients > 1:
        raise SplitError(
            f"The {units.n_patients} patients of {recordings.name} that are there {purpose} are one group: "
            "nothing tells which of them are one and the same person, so they cannot be divided. Add another data "
            "set with --data NAME=DIR, or test on this one as a whole with --test-data NAME=DIR."
        )


def _any(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None
