"""A fine-tuned encoder with its head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartprobe.data.recordings import Finding, RecordingSet
from heartprobe.encoders.protocol import Encoder
from heartprobe.features.extract import extract
from heartprobe.features.recipe import Recipe
from heartprobe.models.head import JSON
from heartprobe.models.window_classifier import WindowClassifier
from heartprobe.progress import Progress


@dataclass(frozen=True, slots=True, eq=False)
class WindowPredictions:
    """What was predicted for each window.

    Attributes:
        recording_ids: `(windows,)`.
        patient_ids: `(windows,)`.
        starts_s: `(windows,)`, in seconds of the recording.
        probabilities: `(windows, labels)`, that each label is 1.
        findings: Recordings that could not be used.
    """

    recording_ids: tuple[str, ...]
    patient_ids: tuple[str, ...]
    starts_s: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FineTuned:
    """An encoder that was trained together with a head.

    From here on it is like any other encoder with a classifier: the same features, the same bundle.

    Attributes:
        encoder: With the trained weights. Its `info` is that of the encoder it started from, so
            its features must not go into a store; `heartprobe.encoders.save.save_encoder` makes it
            an encoder of its own.
        classifier: The head, on the last hidden state.
        recipe: How recordings become features.
        chosen: What was chosen on validation patients, for a report.
        history: One entry per epoch.
    """

    encoder: Encoder
    classifier: WindowClassifier
    recipe: Recipe
    chosen: Mapping[str, JSON]
    history: Sequence[Mapping[str, JSON]]

    def predict(
        self,
        recordings: RecordingSet,
        *,
        device: torch.device | str = "cpu",
        workers: int | None = None,
        progress: Progress,
    ) -> WindowPredictions:
        """Return the probability of each label in every window of some recordings."""
        table = extract(
            recordings.recordings,
            self.encoder,
            self.recipe,
            None,
            device=device,
            workers=workers,
            progress=progress,
        )
        return WindowPredictions(
            recording_ids=table.recording_ids,
            patient_ids=table.patient_ids,
            starts_s=table.starts_s,
            probabilities=self.classifier.predict(table, recordings.patients),
            findings=table.findings,
        )

    def settings(self) -> dict[str, JSON]:
        """Return what rebuilds the head beside its tensors."""
        return self.classifier.head.settings()

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights of the head (those of the encoder are saved with `save_encoder`)."""
        return self.classifier.head.tensors()
