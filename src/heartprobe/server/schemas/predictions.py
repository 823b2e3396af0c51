"""What is said of a patient and of each recording."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heartprobe.server.schemas.described import Described


class Answer(Described):
    """What is said of one label."""

    finding: str = Field(description="What the decision is about.", examples=["aortic stenosis"])
    decision: Literal["present", "absent", "uncertain"]
    why_uncertain: str | None = Field(description="Why the answer is withheld; null where it is not.")
    finding_probability: float = Field(ge=0, le=1, description="P(finding), calibrated; compared with the threshold.")
    threshold: float = Field(ge=0, le=1, description="From here on the finding is declared.")
    probability: float = Field(ge=0, le=1, description="P(label = 1), calibrated; for N, of a normal heart.")
    uncalibrated: float = Field(ge=0, le=1, description="The same before calibration.")
    is_calibrated: bool = Field(description="Whether there is a calibration; without one, 0.8 need not be 8 of 10.")
    prevalence: float | None = Field(
        gt=0, lt=1, description="Share of people with the finding where finding_probability holds; null if not known."
    )
    low: float | None = Field(None, description="95 % interval of finding_probability, lower end.")
    high: float | None = Field(None, description="95 % interval of finding_probability, upper end.")
    why_no_interval: str | None = Field(None, description="Why there is no interval; null where there is one.")


class HeartRate(Described):
    """The heart rate, if one was found."""

    bpm: float | None = Field(description="Beats per minute; null where none was found.")
    confidence: float = Field(description="0 to 1.")


class Quality(Described):
    """What a recording is like."""

    periodicity: float = Field(description="Share of the envelope's changes that come again with the next beat.")
    contrast: float = Field(description="How many times louder the loud moments are than the quiet ones.")
    clipped_share: float = Field(description="Share of samples at the end of the converter.")
    flat_share: float = Field(description="Share of the recording without any sound.")


class RecordingFinding(Described):
    """Something wrong or odd about a recording."""

    kind: str = Field(examples=["truncated"])
    detail: str
    is_problem: bool = Field(description="Whether it kept the recording out of the patient's answer.")


class Window(Described):
    """What was heard from one moment to another."""

    start_s: float
    end_s: float
    answers: dict[str, Answer] | None


class RecordingAnswer(Described):
    """What is said of one recording."""

    name: str = Field(description="The file's name as it was sent, without folders.")
    position: str | None = Field(description="Where it was made, as far as that is known.", examples=["sup_Mit"])
    duration_s: float | None = Field(description="Null where it could not be read.")
    answers: dict[str, Answer] | None = Field(description="By label; null where it could not be used.")
    problem: str | None = Field(description="Why it could not be used, in a sentence.")
    findings: list[RecordingFinding]
    heart_rate: HeartRate | None
    quality: Quality | None
    windows: list[Window]
    beats_s: list[float] = Field(description="When the heart beats, in seconds.")


class ModelName(Described):
    """Which model answered."""

    id: str = Field(description="First 16 digits of the SHA-256 of its bundle.json.")
    name: str | None = Field(description="`normal-abnormal` for the model that comes with heartprobe; null for others.")
    labels: list[str]
    is_synthetic: bool = Field(description="Whether it was trained on synthetic sounds, and is of no use on people.")


class PredictionAnswer(Described):
    """What is said of a patient and of each recording."""

    model: ModelName
    patient: dict[str, Answer] | None = Field(description="By label; null where no recording could be used.")
    problem: str | None = Field(description="Why nothing is said of the patient; null where there is an answer.")
    notes: list[str] = Field(
        description="What whoever reads the answer should know, in sentences: such as that the names of the files look "
        "like those of several people."
    )
    heart_rate: HeartRate
    recordings: list[RecordingAnswer] = Field(description="In the order of the files.")
