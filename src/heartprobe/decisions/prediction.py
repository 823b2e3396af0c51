"""What is said of one patient and of each of their recordings, for people and for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from heartprobe.evaluation.predictions.answers import Answers
from heartprobe.labels import finding_name, finding_value


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
    """

    label: str
    probability: float
    uncalibrated: float
    threshold: float
    is_declared: bool
    is_near: bool
    is_contradicted: bool

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
            "threshold": self.threshold,
            "probability": self.probability,
            "uncalibrated": self.uncalibrated,
        }


@dataclass(frozen=True, slots=True)
class RecordingPrediction:
    """What was heard in one recording.

    Attributes:
        name: File name.
        position: Where it was made, such as `"sup_Mit"`, as far as the file name tells.
        answers: One for each label; empty where the recording could not be used.
        problem: Why it could not be used, or `None`.
    """

    name: str
    position: str | None
    answers: tuple[Answer, ...]
    problem: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with answers by label."""
        return {
            "name": self.name,
            "position": self.position,
            "answers": {answer.label: answer.as_dict() for answer in self.answers} or None,
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True)
class PatientPrediction:
    """What was heard in all recordings of one patient.

    Attributes:
        answers: One for each label, in the order of the model's outputs; empty where no recording
            could be used.
        recordings: In the order of the files.
    """

    answers: tuple[Answer, ...]
    recordings: tuple[RecordingPrediction, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with answers by label."""
        return {
            "patient": {answer.label: answer.as_dict() for answer in self.answers} or None,
            "recordings": [recording.as_dict() for recording in self.recordings],
        }


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
            )
            for column, label in enumerate(labels)
        )
        for row in range(len(answers.probability))
    ]
