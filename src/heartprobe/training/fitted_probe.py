"""A head on a frozen encoder, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heartprobe.data.split import Split
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.models.head import JSON
from heartprobe.models.window_classifier import WindowClassifier


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A fitted head with how it was chosen.

    Attributes:
        classifier: What tells the windows of new recordings apart.
        time_scale: That of the features that it reads.
        validation: What heads that were not fitted on them say of the windows of validation patients.
        chosen: What was chosen on validation patients and from which candidates, for a report.
        strength: C of a `linear` head; `None` for others.
        history: One entry per epoch; empty for a head that is fitted in one go.
    """

    classifier: WindowClassifier
    time_scale: float
    validation: WindowProbabilities
    chosen: Mapping[str, JSON]
    strength: float | None = None
    history: Sequence[Mapping[str, JSON]] = ()


def split_name(split: Split) -> str:
    """Return how progress calls a split."""
    return f"Repeat {split.repeat}, fold {split.fold}" if split.test else "All patients"
