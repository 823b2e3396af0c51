"""What comes out of a training, whichever way it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.features.recipe import Recipe
from heartprobe.models.head import JSON
from heartprobe.models.window_classifier import Layer, WindowClassifier


@dataclass(frozen=True, slots=True, eq=False)
class TrainedModel:
    """What came out of one split.

    Attributes:
        predict: Returns P(label = 1) in the windows of some patients.
        validation: What was predicted for the windows of validation patients by models that were not
            fitted on them, at what was chosen. With the `linear` head, and where that and `mlp` were
            compared, patients of all validation folds; else those of the first one, whom early stopping
            has seen.
        chosen: What was chosen on validation, for a report.
        recipe: How recordings become the features that the head reads.
        layer: What of them it reads.
        head_settings: What rebuilds the head beside its tensors.
        tensors: Those of the head.
        demographics: What encodes demographics, or `None`.
        strength: C of a `linear` probe; `None` for other heads and where the encoder was fine-tuned.
        save_encoder: Writes the fine-tuned encoder into a folder; `None` where it stayed as it was.
    """

    predict: Callable[[Sequence[str]], WindowProbabilities]
    validation: WindowProbabilities
    chosen: Mapping[str, JSON]
    recipe: Recipe
    layer: Layer
    head_settings: Mapping[str, JSON]
    tensors: Mapping[str, torch.Tensor]
    demographics: dict[str, Any] | None
    strength: float | None = None
    save_encoder: Callable[[Path], None] | None = None

    @classmethod
    def of(
        cls,
        classifier: WindowClassifier,
        recipe: Recipe,
        *,
        predict: Callable[[Sequence[str]], WindowProbabilities],
        validation: WindowProbabilities,
        chosen: Mapping[str, JSON],
        strength: float | None = None,
        save_encoder: Callable[[Path], None] | None = None,
    ) -> Self:
        """Return the model with its classifier taken apart into what a bundle stores."""
        demographics = classifier.demographics
        return cls(
            predict=predict,
            validation=validation,
            chosen=chosen,
            recipe=recipe,
            layer=classifier.layer,
            head_settings=classifier.head.settings(),
            tensors=classifier.head.tensors(),
            demographics=demographics.as_dict() if demographics else None,
            strength=strength,
            save_encoder=save_encoder,
        )
