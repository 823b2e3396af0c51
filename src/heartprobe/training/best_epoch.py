"""Early stopping on the validation patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heartprobe.training.patient_score import Score


@dataclass(slots=True)
class BestEpoch:
    """Remembers the best epoch so far, and when to give up.

    Attributes:
        patience: Epochs without a better score after which training stops.
        min_delta: Smallest gain that counts as better.
        epoch: The best epoch, counted from 1; 0 before the first.
        score: Its score.
        last: The last epoch that was told.
    """

    patience: int
    min_delta: float
    epoch: int = 0
    score: Score | None = None
    last: int = 0

    def tell(self, epoch: int, score: Score) -> bool:
        """Take in the score of an epoch and return whether it is the best one so far."""
        self.last = epoch
        is_best = self.score is None or score.is_better_than(self.score, self.min_delta)
        if is_best:
            self.epoch, self.score = epoch, score
        return is_best

    @property
    def is_over(self) -> bool:
        """Whether nothing has become better for `patience` epochs."""
        return self.last - self.epoch >= self.patience


def describe(record: Mapping[str, Any]) -> str:
    """Return one epoch of a history as a sentence."""
    auroc = record["validation_auroc"]
    shown = "undefined" if auroc is None else f"{auroc:.4f}"
    return (
        f"epoch {record['epoch']}: training loss {record['train_loss']:.4f}, validation AUROC {shown}, "
        f"validation loss {record['validation_loss']:.4f}."
    )
