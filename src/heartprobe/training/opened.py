"""What both trainers hold: an encoder that is loaded, and the recordings that can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from heartprobe.config.schema import Config
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import DataError
from heartprobe.features.devices import resolve_device, resolve_precision
from heartprobe.features.recipe import Recipe
from heartprobe.machine import Machine
from heartprobe.signal.front_end import FrontEnd


@dataclass(eq=False)
class Opened:
    """What both trainers hold; see `heartprobe.training.trainers.Trainer`."""

    config: Config
    recordings: RecordingSet
    sounds: Mapping[str, str]
    findings: Sequence[Finding]
    notes: Sequence[str]
    encoder: Encoder
    recipes: tuple[Recipe, ...]
    device: torch.device


def open_encoder(config: Config, machine: Machine) -> tuple[Encoder, torch.device]:
    """Load the encoder of `models.default_model`, and say what it is to be computed on."""
    device = resolve_device(machine.device)
    return load_encoder(config.models.default_model, known=config.models.available_models), device


def recipe_of(front_end: FrontEnd, encoder: Encoder, config: Config, device: torch.device) -> Recipe:
    """Return how the encoder's features come about with a front end."""
    return Recipe.of(front_end, encoder.info, resolve_precision(config.features.precision, device))


def usable_recordings(recordings: RecordingSet, sounds: Mapping[str, str], findings: Sequence[Finding]) -> RecordingSet:
    """Return the data set without the recordings that have no sound.

    Raises:
        DataError: If none is left.
    """
    kept = tuple(r for r in recordings.recordings if r.recording_id in sounds)
    if not kept:
        first = f" The first: {findings[0].detail}" if findings else ""
        raise DataError(f"None of the {len(recordings.recordings)} recordings can be used.{first}")
    return replace(recordings, recordings=kept)
