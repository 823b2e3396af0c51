"""What PASCAL lists, whichever of its two layouts it is read from."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from heartprobe.data.extra_labels import MURMUR
from heartprobe.data.recordings import Finding
from heartprobe.data.single_recordings import SingleRecording
from heartprobe.labels import NORMAL

SITE_A: Final = "pascal-a"
SITE_B: Final = "pascal-b"

#: Of an extra sound or beat the challenge says that it "may not be a sign of disease".
CLASSES: Final[Mapping[str, Mapping[str, int | None]]] = {
    "normal": {NORMAL: 1, MURMUR: 0},
    "murmur": {NORMAL: 0, MURMUR: 1},
    "extrahls": {NORMAL: None, MURMUR: 0},
    "extrastole": {NORMAL: None, MURMUR: 0},
}

#: Recordings in which no heart can be heard.
ARTIFACT: Final = "artifact"

#: In set B a name holds the number of a person, a time in milliseconds, and a place on the chest.
_PERSON = re.compile(r"_([0-9]+)_[0-9]{10,}_")


@dataclass(slots=True)
class Listing:
    """The recordings that are used, and those that are left out.

    Attributes:
        recordings: Those of a class in which a heart can be heard.
        unlabelled: Names of those without a label: the challenge's test.
        artifacts: Names of those without a heart.
        findings: Notes on noise, and on what is left out.
        names: Names of all.
    """

    recordings: list[SingleRecording] = field(default_factory=list)
    unlabelled: set[str] = field(default_factory=set)
    artifacts: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    @property
    def left_out(self) -> set[str]:
        """Names of the recordings that are not used."""
        return self.unlabelled | self.artifacts

    def add(self, recording_id: str, site: str, label: str, *, noise: str | None) -> None:
        """List a recording.

        Args:
            recording_id: Its plain name.
            site: The set that it is of.
            label: One of `CLASSES`, `ARTIFACT`, or empty where it is unknown.
            noise: Who calls it noisy, as the beginning of a sentence; `None` where nobody does.
        """
        self.names.add(recording_id)
        if label == ARTIFACT:
            self.artifacts.add(recording_id)
        elif label not in CLASSES:
            self.unlabelled.add(recording_id)
        else:
            group = group_of(recording_id, site) or site
            self.recordings.append(SingleRecording(recording_id, CLASSES[label], site, group))
            if noise is not None:
                detail = f"{noise}; it is used all the same."
                self.findings.append(Finding("noisy", recording_id, detail, is_problem=False))

    def note_left_out(self, part: str, names: Collection[str]) -> None:
        """Note how many recordings of a part of the data set are left out, and why.

        Args:
            part: The table or set.
            names: Everything that it lists.
        """
        unlabelled, artifacts = len(self.unlabelled.intersection(names)), len(self.artifacts.intersection(names))
        of = f"of {len(names)} recordings"
        if unlabelled:
            detail = f"{unlabelled} {of} have no label (the challenge's test) and are left out."
            self.findings.append(Finding("unlabelled", part, detail, is_problem=False))
        if artifacts:
            detail = f"{artifacts} {of} are artifacts without a heart sound and are left out."
            self.findings.append(Finding("left-out", part, detail, is_problem=False))


def group_of(recording_id: str, site: str) -> str | None:
    """Return who may be one person: all of set A, those with one number in set B; `None` without a number."""
    if site != SITE_B:
        return site
    person = _PERSON.search(recording_id)
    return f"{site}-{person[1]}" if person else None
