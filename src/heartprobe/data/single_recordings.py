"""Data sets that do not tell who was recorded: every recording is a patient of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heartprobe.data.folder import Sought
from heartprobe.data.recordings import Finding, Patient, Position, Recording, RecordingSet


@dataclass(frozen=True, slots=True)
class SingleRecording:
    """One recording with labels of its own.

    Attributes:
        recording_id: Its name, which is also the patient's.
        labels: As those of a `Patient`.
        site: As that of a `Patient`.
        group: As that of a `Patient`.
        position: Where it was made, as far as that is known.
    """

    recording_id: str
    labels: Mapping[str, int | None]
    site: str
    group: str | None
    position: Position | None = None


def one_patient_each(
    name: str,
    listed: Sequence[SingleRecording],
    paths: Mapping[str, Path],
    findings: Sequence[Finding],
    sought: Sought,
) -> RecordingSet:
    """Make a patient of every listed recording that is there.

    Args:
        name: Name of the data set.
        listed: What the data set lists.
        paths: The files that are there, by recording id.
        findings: What was noticed on the way.
        sought: The data set, for messages.

    Raises:
        DatasetNotFoundError: If no recording is there.
    """
    present = sorted((one for one in listed if one.recording_id in paths), key=lambda one: one.recording_id)
    sought.require(present, f"it has {len(listed)}", findings)
    return RecordingSet(
        name=name,
        recordings=tuple(
            Recording(one.recording_id, one.recording_id, paths[one.recording_id], one.position) for one in present
        ),
        patients={
            one.recording_id: Patient(one.recording_id, one.labels, site=one.site, group=one.group) for one in present
        },
        findings=tuple(findings),
    )


def nobody_known(subject: str, detail: str) -> Finding:
    """Compose the note that recordings of one person may stand for several patients."""
    return Finding("no-patients", subject, detail, is_problem=False)
