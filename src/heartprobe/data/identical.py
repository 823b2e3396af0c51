"""Sounds that stand under several names, be it in one patient, in several, or in several data sets.

Data sets borrow from each other and mix up their files. A patient whose sound is also somebody
else's can be learned from under one name and tested under the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from heartprobe.data.combine import dataset_names, dataset_of
from heartprobe.data.recordings import Finding, Recording, RecordingSet

Across = Literal["nothing", "patients", "sites", "data sets"]


@dataclass(frozen=True, slots=True)
class SameSound:
    """One sound with all names that it stands under.

    Attributes:
        recording_ids: At least two, in the order of the data set.
        patient_ids: Whose recordings they are, sorted.
        across: The widest border that lies between two of them.
        contradicting: Labels that are 1 for one of the patients and 0 for another.
    """

    recording_ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    across: Across
    contradicting: tuple[str, ...]


def same_sounds(recordings: RecordingSet, sounds: Mapping[str, str]) -> tuple[SameSound, ...]:
    """Return every sound that stands under several recordings, in the order of the first of them.

    Args:
        recordings: The data set, or several as one.
        sounds: SHA-256 of the samples by recording id; recordings that are not in it are left out.
    """
    by_sound: dict[str, list[Recording]] = {}
    for recording in recordings.recordings:
        if recording.recording_id in sounds:
            by_sound.setdefault(sounds[recording.recording_id], []).append(recording)
    return tuple(_same_sound(recordings, same) for same in by_sound.values() if len(same) > 1)


def identical_findings(recordings: RecordingSet, sounds: Mapping[str, str]) -> list[Finding]:
    """Return a finding for each sound that stands under several recordings; see `same_sounds`."""
    return [
        Finding("identical", ", ".join(same.recording_ids), _detail(recordings, same))
        for same in same_sounds(recordings, sounds)
    ]


def _same_sound(recordings: RecordingSet, same: Sequence[Recording]) -> SameSound:
    patients = tuple(sorted({recording.patient_id for recording in same}))
    return SameSound(
        recording_ids=tuple(recording.recording_id for recording in same),
        patient_ids=patients,
        across=_across(recordings, patients),
        contradicting=_contradicting(recordings, patients),
    )


def _across(recordings: RecordingSet, patients: Sequence[str]) -> Across:
    if len(patients) == 1:
        return "nothing"
    # Only a combined set has names of data sets before its ids; elsewhere a colon means nothing.
    is_combined = len(dataset_names(recordings.name)) > 1
    if is_combined and len(set(map(dataset_of, patients))) > 1:
        return "data sets"
    return "sites" if len(set(map(recordings.site_of, patients))) > 1 else "patients"


def _contradicting(recordings: RecordingSet, patients: Sequence[str]) -> tuple[str, ...]:
    known = [recordings.patients[patient].labels for patient in patients]
    labels = dict.fromkeys(label for labels in known for label in labels)
    return tuple(label for label in labels if {0, 1} <= {of_one.get(label) for of_one in known})


def _detail(recordings: RecordingSet, same: SameSound) -> str:
    if same.across == "nothing":
        return f"The sound is the same under all of these names, all of {same.patient_ids[0]}: at most one is right."
    owners = {
        "patients": f"although the patients differ ({_listed(same.patient_ids)}): at most one can be right",
        "sites": f"at several sites ({_listed(sorted(set(map(recordings.site_of, same.patient_ids))))}): at most one "
        "can be right",
        "data sets": f"in several data sets ({_listed(sorted(set(map(dataset_of, same.patient_ids))))}): whoever "
        "learns from one of them has heard a part of the other",
    }[same.across]
    doubt = f" What they say about {_listed(same.contradicting)} is contradictory." if same.contradicting else ""
    return f"The sound is the same {owners}.{doubt}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
