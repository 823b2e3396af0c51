"""Two ways to a trained model behind one face: probe stored features, or fine-tune the encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch

from heartprobe.config.schema import Config, DemographicField
from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.data.split import Split
from heartprobe.encoders.protocol import Encoder
from heartprobe.features.recipe import Recipe
from heartprobe.machine import Machine
from heartprobe.progress import Progress
from heartprobe.training.choices import refuse_contradictions
from heartprobe.training.fine_tune_trainer import FineTuneTrainer
from heartprobe.training.probe_trainer import ProbeTrainer
from heartprobe.training.trained_model import TrainedModel


class Trainer(Protocol):
    """Fits models on the recordings that can be used.

    Attributes:
        recordings: The data set without the recordings that could not be read.
        sounds: SHA-256 of each recording's samples, by recording id.
        findings: Why recordings are not among them, and notes on others.
        notes: Sentences on settings that do not apply.
        encoder: The encoder, as it was loaded.
        recipes: How recordings become features: one way for each time scale to choose from.
        device: What is computed on.
    """

    recordings: RecordingSet
    sounds: Mapping[str, str]
    findings: Sequence[Finding]
    notes: Sequence[str]
    encoder: Encoder
    recipes: tuple[Recipe, ...]
    device: torch.device

    def fit(self, split: Split, work_folder: Path, progress: Progress) -> TrainedModel:
        """Fit on the development patients of a split.

        Args:
            split: Who may be seen.
            work_folder: Where a long training keeps what it needs to go on after an interruption.
            progress: Told of it.
        """
        ...

    def companion(
        self, model: TrainedModel, demographics: Sequence[DemographicField], split: Split, progress: Progress
    ) -> TrainedModel | None:
        """Fit the head of a model again with other demographics, to be compared with it.

        Time scale, layer and C are those that the model has chosen; nothing is chosen a second time.

        Args:
            model: What `fit` returned for the same split.
            demographics: Fields that the companion gets beside the sound; none for the sound alone.
            split: Who may be seen.
            progress: Told of it.

        Returns:
            The companion; `None` where it would take another training of the encoder.
        """
        ...

    def site_probe(self, model: TrainedModel, *, seed: int, draws: int) -> dict[str, Any]:
        """Return how well the site of a recording can be read off the features that a model reads.

        Args:
            model: What `fit` returned. Of one that reads all hidden states, the middle one is looked at.
            seed: Of folds and bootstrap.
            draws: Of the bootstrap.

        Returns:
            The section `site_probe` of a report, or the `reason` why there is none.
        """
        ...


def open_trainer(config: Config, recordings: RecordingSet, machine: Machine, progress: Progress) -> Trainer:
    """Return what `training.freeze_encoder` asks for, with everything ready to fit.

    Raises:
        ConfigError: If the settings contradict each other, or do not fit the encoder.
        DataError: If no recording can be used.
    """
    refuse_contradictions(config)
    if config.training.freeze_encoder:
        return ProbeTrainer.open(config, recordings, machine, progress)
    return FineTuneTrainer.open(config, recordings, machine, progress)
