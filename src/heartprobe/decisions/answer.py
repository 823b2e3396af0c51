"""What is said of one label, for people and for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

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
        low: Where the 95 % interval of P(finding) begins: how well the calibration is known; `None` without one.
        high: Where it ends.
        why_no_interval: Why there is none, in words; `None` where there is one.
        is_calibrated: Whether a calibration was fitted; without one, `probability` is `uncalibrated`.
        prevalence: Share of people with the finding where P(finding) holds: where fewer have it, it is too high.
            `None` where that is not known.
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
    is_calibrated: bool
    prevalence: float | None

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
            *(
                ["most recordings, judged alone by the threshold of a recording, say the opposite"]
                if self.is_contradicted
                else []
            ),
        ]
        return ", and ".join(reasons) or None

    @property
    def is_unsettled(self) -> bool:
        """Whether the interval of P(finding) holds the threshold, so that the decision could be the other one."""
        return self.low is not None and self.high is not None and self.low <= self.threshold <= self.high

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
            "is_calibrated": self.is_calibrated,
            "prevalence": self.prevalence,
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
                low=_number(answers.low[row, column]),
                high=_number(answers.high[row, column]),
                why_no_interval=answers.why_no_interval[row, column],
                is_calibrated=bool(answers.is_calibrated[row, column]),
                prevalence=_number(answers.prevalence[row, column]),
            )
            for column, label in enumerate(labels)
        )
        for row in range(len(answers.probability))
    ]


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
