"""What `bundle.json` says: everything that turns a recording into probabilities, as plain values."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from heartprobe.decisions.decider import Decider
from heartprobe.decisions.stored import Printable

#: Raised whenever a bundle written before could no longer be read as it was meant.
FORMAT_VERSION: Final = 2

#: Source of the encoder of the bundle itself, and of one that whoever uses the bundle has to name.
IN_BUNDLE: Final = "bundle"
ELSEWHERE: Final = "elsewhere"

#: All that a model is read from: text, numbers, and graphs of numbers. None of them can hold a program.
_FILE = re.compile(r"(encoder/)?[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.(json|safetensors|onnx)")

_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")

Text = Annotated[Printable, Field(min_length=1, max_length=300)]


def _is_a_file_of_a_bundle(name: str) -> str:
    if not _FILE.fullmatch(name) or name == "bundle.json":
        raise ValueError(
            f"{name!r} is no file of a model folder; expected a .json, .safetensors or .onnx file of the folder itself "
            "or of encoder/"
        )
    return name


def _is_a_source(source: str) -> str:
    if ".." in PurePosixPath(source).parts or not (source.startswith("/") or _NAME.fullmatch(source)):
        raise ValueError(f"{source!r} is neither the name of an encoder nor an absolute folder")
    return source


FileName = Annotated[str, AfterValidator(_is_a_file_of_a_bundle)]
Sha256 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EncoderReference(_Part):
    """The encoder that a bundle was trained with.

    Attributes:
        name: As it was named in the configuration.
        source: What it is loaded from: a built-in name, a hub id, an absolute folder, `"bundle"` for the
            folder `encoder/` of the bundle itself (a fine-tuned encoder), or `"elsewhere"` where whoever
            uses the bundle has to say where it is.
        revision: Hub commit, `"local"`, or the version of a built-in encoder.
        fingerprint: SHA-256 of everything that decides its numbers.
        rate_hz: Sampling rate of its input.
    """

    name: Text
    source: Annotated[Text, AfterValidator(_is_a_source)]
    revision: Text
    fingerprint: Text
    rate_hz: int = Field(ge=100, le=192_000)

    @property
    def is_on_this_machine(self) -> bool:
        """Whether it is loaded from a folder that only this machine has."""
        return self.source.startswith("/")


class TrainingFacts(_Part):
    """What the model was made from, for the card and for whoever opens it."""

    dataset: Text
    is_synthetic: bool
    patients: int = Field(ge=0)
    recordings: int = Field(ge=0)
    protocol: Text
    heartprobe_version: Text


class Measured(_Part):
    """One figure about test patients.

    Attributes:
        value: The figure; `None` where it is undefined.
        low: Where its 95 % interval begins; `None` without one.
        high: Where it ends.
        reason: Why the figure, or its interval, is undefined.
        n: How many patients it is of.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: Text | None = None
    n: int | None = Field(None, ge=0)


class LabelResult(_Part):
    """How well the run did on test patients, for one label.

    Attributes:
        label: The label.
        site: The site that was tested, where each had a model of its own; `None` for all patients.
        auroc: How well patients are put in order.
        sensitivity: Share of the patients with the finding who were found.
        specificity: Share of the others who were recognised.
        uncertain: Share of the patients about whom the answer was withheld.
        brier: Mean squared error of the calibrated probabilities.
        calibration_slope: 1 where they are neither too sure nor too timid, less than 1 where they are too sure.
        demographics_auroc: AUROC of age, sex, smoking and residence alone, without any sound.
    """

    label: Text
    site: Text | None = None
    auroc: Measured
    sensitivity: Measured
    specificity: Measured
    uncertain: Measured | None = None
    brier: Measured | None = None
    calibration_slope: Measured | None = None
    demographics_auroc: Measured | None = None


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
        results: How well the run did; empty where the bundle does not say.
        files: SHA-256 of every other file that the model is read from.
    """

    format: Literal["heartprobe-bundle"] = "heartprobe-bundle"
    version: Literal[2] = FORMAT_VERSION
    labels: tuple[Text, ...] = Field(min_length=1, max_length=100)
    encoder: EncoderReference
    front_end: dict[str, Any]
    precision: Literal["fp32", "bf16"]
    layer: Annotated[int, Field(ge=0)] | Literal["all"]
    head: dict[str, Any]
    demographics: dict[str, Any] | None
    decision: Decider
    training: TrainingFacts
    results: tuple[LabelResult, ...] = Field((), max_length=2000)
    files: dict[FileName, Sha256] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _decides_what_it_predicts(self) -> Self:
        if self.decision.names != self.labels:
            raise ValueError(
                f"labels are {', '.join(self.labels)}, but decision is about {', '.join(self.decision.names)}"
            )
        of_head = self.head.get("labels", self.labels)
        if not isinstance(of_head, list | tuple) or tuple(of_head) != self.labels:
            raise ValueError(f"labels are {', '.join(self.labels)}, but head predicts something else")
        return self
