"""A teacher's description of clean sound as target: the teacher is the moving average of the network itself.

data2vec (Baevski et al. 2022, https://arxiv.org/abs/2202.03555) and M2D (Niizumi et al. 2023,
https://arxiv.org/abs/2210.14648): the teacher hears the whole, the student the noisy and masked crop.
"""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from torch import Tensor


def normalised(description: Tensor) -> Tensor:
    """Bring each frame of `(batch, width, frames)` to zero mean and unit variance over its numbers.

    Otherwise the teacher could be agreed with by saying less and less.
    """
    return F.layer_norm(description.transpose(1, 2), description.shape[1:2]).transpose(1, 2)


def self_distillation_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Return the mean distance (smooth L1) of the student's prediction from the teacher's normalised target."""
    return F.smooth_l1_loss(predicted, target)


def variety(targets: Tensor) -> float:
    """Return which share of the teacher's targets differs from frame to frame.

    It is 0 for a collapsed teacher, which says the same of every frame, and at most 1.

    Args:
        targets: `(batch, width, frames)`, as `normalised` returns it.
    """
    whole = float(targets.square().mean())
    same = float(targets.mean((0, 2)).square().mean())
    return 1 - same / whole if whole else 0.0
