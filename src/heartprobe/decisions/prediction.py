"""What is said of one patient and of each of their recordings, for people and for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from heartprobe.data.recordings import Finding
from heartprobe.evaluation.predictions.answers import Answers
from heartprobe.labels import finding_name, finding_value
from heartprobe.signal.heart_rate import HeartRate
from heartprobe.signal.quality import Quality


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of one label.

    Attributes:
        label: Its name.
        probability: P(label = 1), calibrated; for `N`, of a normal heart.
        uncalibrated: The same before calibration.
        threshold: P(finding) from which the finding is declared; for `N`, of an abnormal heart.
        is_declared: Whether it would be.
        is_near: Whether that is withheld because the probability is too near to the threshold.
        is_contradicted: Whether it is withheld because most recordings do not share it.
        low: Where the 95 % interval of P(finding) begins: how well the calibration is known; `None` without one.
        high: Where it ends.
        why_no_interval: Why there is none, in words; `None` where there is one.
    """

    label: str
    probability: float
    uncalibrated: float
    threshold: float
    is_declared: bool
    is_near: bool
    is_contradicted: bool
    low: float | None
    high: float | None
    why_no_interval: str | None

    @property
    def finding(self) -> str:
        """What `decision` is about."""
        return finding_name(self.label)

    @property
    def finding_probability(self) -> float:
        """P(finding), calibrated: what is compared with the threshold."""
        return self.probability if finding_value(self.label) else 1.0 - self.probability

    @property
    def decision(self) -> Literal["present", "absent", "uncertain"]:
        """What is said of the finding."""
        if self.why_uncertain is not None:
            return "uncertain"
        return "present" if self.is_declared else "absent"

    @property
    def why_uncertain(self) -> str | None:
        """Why the answer is withheld, in words; `None` where it is not."""
        reasons = [
            *(["the probability is too near to the threshold"] if self.is_near else []),
            *(["most recordings, judged alone, say something else"] if self.is_contradicted else []),
        ]
        return ", and ".join(reasons) or None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "finding": self.finding,
            "decision": self.decision,
            "why_uncertain": self.why_uncertain,
            "finding_probability": self.finding_probability,
            "low": self.low,
            "high": self.high,
            "why_no_interval": self.why_no_interval,
            "threshold": self.threshold,
            "probability": self.probability,
            "uncalibrated": self.uncalibrated,
        }


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
        problem: Why nothing is said of the patient although there are recordings, or `None`.
    """

    answers: tuple[Answer, ...]
    recordings: tuple[RecordingPrediction, ...]
    patient_id: str = "patient"
    heart_rate: HeartRate = field(default_factory=lambda: HeartRate(None, 0.0))
    problem: str | None = None

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
            "heart_rate": self.heart_rate.as_dict(),
            "recordings": [recording.as_dict() for recording in self.recordings],
        }


def _by_label(answers: Sequence[Answer]) -> dict[str, Any] | None:
    return {answer.label: answer.as_dict() for answer in answers} or None


def each_answer(answers: Answers, labels: Sequence[str]) -> list[tuple[Answer, ...]]:
    """Return the answers about each patient, or recording, one by one."""
    return [
        tuple(
            Answer(
                label=label,
                probability=float(answers.probability[row, column]),
                uncalibrated=float(answers.uncalibrated[row, column]),
                threshold=float(answers.threshold[row, column]),
                is_declared=bool(answers.is_declared[row, column]),
                is_near=bool(answers.is_near[row, column]),
                is_contradicted=bool(answers.is_contradicted[row, column]),
                low=_number(answers.low[row, column]),
                high=_number(answers.high[row, column]),
                why_no_interval=answers.why_no_interval[row, column],
            )
            for column, label in enumerate(labels)
        )
        for row in range(len(answers.probability))
    ]


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
