"""Whom a model is asked about: patients with their audio files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from heartprobe.data.recordings import Demographics, Position


@dataclass(frozen=True, slots=True)
class GivenRecording:
    """One audio file.

    Attributes:
        path: Where it is.
        name: What answers call it.
        position: Where and how it was made, as far as it is known.
    """

    path: Path
    name: str
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class GivenPatient:
    """One person.

    Attributes:
        patient_id: What answers call the person.
        recordings: Their recordings.
        demographics: What the model may use beside the sound.
    """

    patient_id: str
    recordings: tuple[GivenRecording, ...]
    demographics: Demographics = field(default_factory=Demographics)
