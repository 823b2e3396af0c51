"""What the model is, what to try it on, and whether the server works."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heartprobe.server.schemas.described import Described


class ExampleRecording(Described):
    """One recording of an example."""

    position: str
    url: str


class ExampleAnswer(Described):
    """A synthetic patient to try."""

    id: str
    title: str
    about: str
    recordings: list[ExampleRecording]


class LabelFacts(Described):
    """One label of the model."""

    label: str
    name: str
    finding: str = Field(description="What its answers are about: the disease.")
    prevalence: float | None = Field(
        description="Share of people with the finding where a patient's probability holds; null if not known."
    )


class EncoderFacts(Described):
    """What turns sound into features."""

    name: str
    revision: str


class TrainingFacts(Described):
    """What the model was made from."""

    dataset: str
    patients: int | None = Field(
        description="Null where each recording counts as a patient of its own: not all data tell who was recorded."
    )
    recordings: int
    protocol: str
    heartprobe_version: str


class Measured(Described):
    """One figure about test patients."""

    value: float | None = Field(description="Null where it is undefined; then reason says why.")
    low: float | None = Field(description="Lower end of its 95 % interval.")
    high: float | None = Field(description="Upper end.")
    reason: str | None
    n: int | None = Field(description="How many patients it is of, or recordings where data.patients is null.")


class LabelResult(Described):
    """How well the run did on test patients, for one label."""

    label: str
    site: str | None = Field(description="The site that was tested, where each had a model of its own.")
    auroc: Measured
    sensitivity: Measured
    specificity: Measured


class LimitFacts(Described):
    """What one request may ask for."""

    files: int
    file_bytes: int
    total_bytes: int
    sound_s: float
    samples: int = Field(description="The second bound on length, which counts at high rates.")
    decoded_samples: int = Field(description="Samples of all recordings of one request together.")
    body_time_s: float


class ModelAnswer(Described):
    """What is known of the model."""

    id: str
    name: str | None = Field(description="`normal-abnormal` for the model that comes with heartprobe; null for others.")
    labels: list[LabelFacts]
    encoder: EncoderFacts
    data: TrainingFacts
    results: list[LabelResult] = Field(description="How well the run did; empty where the bundle does not say.")
    demographics: list[str] = Field(description="What has to be said of a patient beside the sound.")
    is_synthetic: bool
    card: str | None = Field(description="The model card in Markdown: headline numbers, thresholds, limits.")
    disclaimer: str
    limits: LimitFacts


class StateAnswer(Described):
    """Whether the server works."""

    status: Literal["ok", "ready"]
