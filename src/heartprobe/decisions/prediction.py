"""What is said of one patient and of each of their recordings, for people and for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from heartprobe.data.recordings import Finding
from heartprobe.decisions.answer import Answer
from heartprobe.signal.heart_rate import HeartRate
from heartprobe.signal.quality import Quality


@dataclass(frozen=True, slots=True)
class WindowPrediction:
    """What was heard in one window of a recording.

    Attributes:
        start_s: Where it starts, in seconds of the recording.
        end_s: Where it ends; before a window's length where the recording is shorter.
        answers: One for each label, by the calibration and the threshold of recordings.
    """

    start_s: float
    end_s: float
    answers: tuple[Answer, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with answers by label."""
        return {"start_s": self.start_s, "end_s": self.end_s, "answers": _by_label(self.answers)}


@dataclass(frozen=True, slots=True)
class RecordingPrediction:
    """What was heard in one recording.

    Attributes:
        name: File name.
        position: Where it was made, such as `"sup_Mit"`, as far as that is known.
        answers: One for each label; empty where the recording could not be used.
        problem: Why it could not be used, or `None`.
        windows: What was heard from moment to moment; empty where it could not be used.
        findings: Everything that is wrong or odd about it, `problem` among them.
        duration_s: Its length; `None` where it could not be read.
        quality: What it is like, with the heart rate; `None` where it could not be read.
    """

    name: str
    position: str | None
    answers: tuple[Answer, ...]
    problem: str | None
    windows: tuple[WindowPrediction, ...] = ()
    findings: tuple[Finding, ...] = ()
    duration_s: float | None = None
    quality: Quality | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with answers by label."""
        return {
            "name": self.name,
            "position": self.position,
            "duration_s": self.duration_s,
            "answers": _by_label(self.answers),
            "problem": self.problem,
            "findings": [
                {"kind": one.kind, "detail": one.detail, "is_problem": one.is_problem} for one in self.findings
            ],
            "heart_rate": None if self.quality is None else self.quality.heart_rate.as_dict(),
            "quality": None if self.quality is None else self.quality.as_dict(),
            "windows": [window.as_dict() for window in self.windows],
        }


@dataclass(frozen=True, slots=True)
class PatientPrediction:
    """What was heard in all recordings of one patient.

    Attributes:
        answers: One for each label, in the order of the model's outputs; empty where no recording
            could be used.
        recordings: In the order of the files.
        patient_id: Who it is about.
        heart_rate: The median of the recordings in which a rate was found.
        problem: Why nothing is said of the patient, or `None`.
        notes: What whoever reads the answer should know about it, in sentences.
    """

    answers: tuple[Answer, ...]
    recordings: tuple[RecordingPrediction, ...]
    patient_id: str = "patient"
    heart_rate: HeartRate = field(default_factory=lambda: HeartRate(None, 0.0))
    problem: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def has_problems(self) -> bool:
        """Whether a recording, or everything, could not be used."""
        return self.problem is not None or any(recording.problem is not None for recording in self.recordings)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with answers by label."""
        return {
            "patient_id": self.patient_id,
            "patient": _by_label(self.answers),
            "problem": self.problem,
            "notes": list(self.notes),
            "heart_rate": self.heart_rate.as_dict(),
            "recordings": [recording.as_dict() for recording in self.recordings],
        }


def _by_label(answers: Sequence[Answer]) -> dict[str, Any] | None:
    return {answer.label: answer.as_dict() for answer in answers} or None
