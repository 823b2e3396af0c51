"""What `bundle.json` says: everything that turns a recording into probabilities, as plain values."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from heartprobe.decisions.decider import Decider

#: Raised whenever a bundle written before could no longer be read as it was meant.
FORMAT_VERSION: Final = 2


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EncoderReference(_Part):
    """The encoder that a bundle was trained with.

    Attributes:
        name: As it was named in the configuration.
        source: What it is loaded from: a built-in name, a hub id, a folder, or `"bundle"` for the
            folder `encoder/` of the bundle itself (a fine-tuned encoder).
        revision: Hub commit, `"local"`, or the version of a built-in encoder.
        fingerprint: SHA-256 of everything that decides its numbers.
        rate_hz: Sampling rate of its input.
    """

    name: str
    source: str
    revision: str
    fingerprint: str
    rate_hz: int


class TrainingFacts(_Part):
    """What the model was made from, for the card and for whoever opens it."""

    dataset: str
    is_synthetic: bool
    patients: int
    recordings: int
    protocol: str
    heartprobe_version: str


class Manifest(_Part):
    """The content of `bundle.json`.

    Attributes:
        labels: The labels predicted, in the order of the head's outputs.
        front_end: Fields of `heartprobe.signal.FrontEnd`.
        precision: Arithmetic of the encoder.
        layer: Hidden state that the head reads, or `"all"` for all of them side by side.
        head: What rebuilds the head beside its tensors.
        demographics: What encodes demographics, or `None` where the model uses none.
        decision: What turns probabilities into answers.
        files: SHA-256 of every other file that the model is read from.
    """

    format: Literal["heartprobe-bundle"] = "heartprobe-bundle"
    version: Literal[2] = FORMAT_VERSION
    labels: tuple[str, ...] = Field(min_length=1)
    encoder: EncoderReference
    front_end: dict[str, Any]
    precision: Literal["fp32", "bf16"]
    layer: Annotated[int, Field(ge=0)] | Literal["all"]
    head: dict[str, Any]
    demographics: dict[str, Any] | None
    decision: Decider
    training: TrainingFacts
    files: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _decides_what_it_predicts(self) -> Self:
        if self.decision.names != self.labels:
            raise ValueError(
                f"labels are {', '.join(self.labels)}, but decision is about {', '.join(self.decision.names)}"
            )
        return self
