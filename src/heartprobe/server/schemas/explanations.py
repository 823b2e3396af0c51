"""What spoke for an answer."""

from __future__ import annotations

from pydantic import Field

from heartprobe.server.schemas.described import Described


class BeatEffect(Described):
    """Which part of the beat spoke for a finding."""

    phase_edges: list[float] = Field(description="From 0, the first heart sound, to 1, the next one.")
    effect: list[list[float]] = Field(description="By band, then by part of the beat.")


class ExplanationAnswer(Described):
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
