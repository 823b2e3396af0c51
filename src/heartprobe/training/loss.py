"""The loss of all networks: class-weighted, and blind to what is unknown."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def weighted_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean of the binary cross-entropy.

    Divided by the sum of the weights, as torch's `CrossEntropyLoss(weight=...)` does.

    Args:
        logits: `(n, labels)`.
        targets: `(n, labels)`: 1, 0, or NaN where unknown.
        weights: `(n, labels)`; 0 where the target is unknown, or all of them in the batch.
    """
    known = weights > 0
    losses = binary_cross_entropy_with_logits(logits[known], targets[known], reduction="none")
    # A batch may hold nothing that is known; its loss is then 0 and so is its gradient.
    return (weights[known] * losses).sum() / weights.sum().clamp(min=1e-12)
