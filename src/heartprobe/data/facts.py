"""What is declared of a data set before it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heartprobe.config.schema import DatasetConfig, DemographicField
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.release import ByHand, Release


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """The facts of a data set: what its authors say, and what was found in it.

    Attributes:
        title: Its full name.
        url: Where it is published; empty for one's own recordings.
        licence: What its authors allow, as far as they say.
        citation: What to cite.
        rates_hz: Sampling rates of its recordings; none where they may be any.
        duration_s: How long its recordings are meant to be; `None` where they differ.
        labels: Labels that it knows. Any other label is unknown in it, in normal hearts, too.
        label_meaning: How its own words become these labels.
        people: What a patient is in it, and which of them may be one person.
        demographics: Demographics that it has.
        unknown: What it does not tell, and what is wrong with it.
        read: Its reader.
        release: How it is downloaded, or what a person has to do instead; `None` where there is
            nothing to download.
    """

    title: str
    url: str
    licence: str
    citation: str
    rates_hz: tuple[int, ...]
    duration_s: float | None
    labels: tuple[str, ...]
    label_meaning: str
    people: str
    demographics: tuple[DemographicField, ...]
    unknown: tuple[str, ...]
    read: Callable[[Path, DatasetConfig], RecordingSet]
    release: Release | ByHand | None
