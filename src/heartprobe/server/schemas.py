"""What answers look like, as the description of the API shows it.

Answers are what `as_dict` of the library's results returns; these models describe them, and a test
holds real answers against them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Described(BaseModel):
    # Results may say more than is promised here.
    model_config = ConfigDict(extra="allow")


class ErrorBody(_Described):
    """Why a request was refused."""

    kind: str = Field(description="A fixed word for programs.", examples=["too-large"])
    message: str = Field(description="One or two sentences for people: what is wrong, and what to do.")


class ErrorAnswer(_Described):
    """How every error is answered."""

    error: ErrorBody


class Answer(_Described):
    """What is said of one label."""

    finding: str = Field(description="What the decision is about.", examples=["aortic stenosis"])
    decision: Literal["present", "absent", "uncertain"]
    why_uncertain: str | None = Field(description="Why the answer is withheld; null where it is not.")
    finding_probability: float = Field(ge=0, le=1, description="P(finding), calibrated; compared with the threshold.")
    threshold: float = Field(ge=0, le=1, description="From here on the finding is declared.")
    probability: float = Field(ge=0, le=1, description="P(label = 1), calibrated; for N, of a normal heart.")
    uncalibrated: float = Field(ge=0, le=1, description="The same before calibration.")
    low: float | None = Field(None, description="95 % interval of finding_probability, lower end.")
    high: float | None = Field(None, description="95 % interval of finding_probability, upper end.")
    why_no_interval: str | None = Field(None, description="Why there is no interval; null where there is one.")


class HeartRate(_Described):
    """The heart rate, if one was found."""

    bpm: float | None = Field(description="Beats per minute; null where none was found.")
    confidence: float = Field(description="0 to 1.")


class Quality(_Described):
    """What a recording is like."""

    periodicity: float = Field(description="Share of the envelope's changes that come again with the next beat.")
    contrast: float = Field(description="How many times louder the loud moments are than the quiet ones.")
    clipped_share: float = Field(description="Share of samples at the end of the converter.")
    flat_share: float = Field(description="Share of the recording without any sound.")


class RecordingFinding(_Described):
    """Something wrong or odd about a recording."""

    kind: str = Field(examples=["truncated"])
    detail: str
    is_problem: bool = Field(description="Whether it kept the recording out of the patient's answer.")


class Window(_Described):
    """What was heard from one moment to another."""

    start_s: float
    end_s: float
    answers: dict[str, Answer] | None


class RecordingAnswer(_Described):
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


class ModelName(_Described):
    """Which model answered."""

    id: str = Field(description="First 16 digits of the SHA-256 of its bundle.json.")
    labels: list[str]
    is_synthetic: bool = Field(description="Whether it was trained on synthetic sounds, and is of no use on people.")


class PredictionAnswer(_Described):
    """What is said of a patient and of each recording."""

    model: ModelName
    patient: dict[str, Answer] | None = Field(description="By label; null where no recording could be used.")
    problem: str | None
    heart_rate: HeartRate
    recordings: list[RecordingAnswer] = Field(description="In the order of the files.")


class BeatEffect(_Described):
    """Which part of the beat spoke for a finding."""

    phase_edges: list[float] = Field(description="From 0, the first heart sound, to 1, the next one.")
    effect: list[list[float]] = Field(description="By band, then by part of the beat.")


class ExplanationAnswer(_Described):
    """Which moments and frequencies of a recording spoke for a finding."""

    label: str
    method: str = Field(examples=["occlusion"])
    time_edges_s: list[float]
    band_edges_hz: list[float]
    effect: list[list[float]] = Field(description="By band, then by time; positive: this part spoke for the finding.")
    band_effect: list[float] = Field(description="The same for each band, taken out of the whole recording.")
    beat: BeatEffect | None = Field(description="The same for each part of all beats; null where no beat was found.")
    beats_s: list[float] = Field(description="When the heart beats, in seconds.")
    finding_probability: float
    unit: str = Field(examples=["change of log odds"])


class ExampleRecording(_Described):
    """One recording of an example."""

    position: str
    url: str


class ExampleAnswer(_Described):
    """A synthetic patient to try."""

    id: str
    title: str
    about: str
    recordings: list[ExampleRecording]


class LabelFacts(_Described):
    """One label of the model."""

    label: str
    name: str
    finding: str = Field(description="What its answers are about: the disease.")


class EncoderFacts(_Described):
    """What turns sound into features."""

    name: str
    revision: str


class TrainingFacts(_Described):
    """What the model was made from."""

    dataset: str
    patients: int
    recordings: int
    protocol: str
    heartprobe_version: str


class Measured(_Described):
    """One figure about test patients."""

    value: float | None = Field(description="Null where it is undefined; then reason says why.")
    low: float | None = Field(description="Lower end of its 95 % interval.")
    high: float | None = Field(description="Upper end.")
    reason: str | None
    n: int | None = Field(description="How many patients it is of.")


class LabelResult(_Described):
    """How well the run did on test patients, for one label."""

    label: str
    site: str | None = Field(description="The site that was tested, where each had a model of its own.")
    auroc: Measured
    sensitivity: Measured
    specificity: Measured


class LimitFacts(_Described):
    """What one request may ask for."""

    files: int
    file_bytes: int
    total_bytes: int
    sound_s: float
    samples: int = Field(description="The second bound on length, which counts at high rates.")
    body_time_s: float


class ModelAnswer(_Described):
    """What is known of the model."""

    id: str
    labels: list[LabelFacts]
    encoder: EncoderFacts
    data: TrainingFacts
    results: list[LabelResult] = Field(description="How well the run did; empty where the bundle does not say.")
    demographics: list[str] = Field(description="What has to be said of a patient beside the sound.")
    is_synthetic: bool
    card: str | None = Field(description="The model card in Markdown: headline numbers, thresholds, limits.")
    disclaimer: str
    limits: LimitFacts


class StateAnswer(_Described):
    """Whether the server works."""

    status: Literal["ok", "ready"]
