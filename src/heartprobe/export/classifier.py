"""Encoder, pooling and head as one torch module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from heartprobe.features.pooling import pool
from heartprobe.features.recipe import Statistic
from heartprobe.models.head import Head
from heartprobe.models.linear_head import LinearHead
from heartprobe.models.mlp_head import MlpHead
from heartprobe.models.standardiser import Standardiser
from heartprobe.models.window_classifier import Layer


class WindowProbabilities(nn.Module):
    """From windows to probabilities, as a bundle computes them.

    Args:
        encoder: Turns `(batch, samples)` into `(layers, batch, frames, width)`.
        statistics: Over the frames.
        layer: What the head reads.
        head: Turns `(batch, features)` into probabilities.
    """

    def __init__(self, encoder: nn.Module, statistics: Sequence[Statistic], layer: Layer, head: nn.Module) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head
        self.statistics, self.layer = tuple(statistics), layer

    def forward(self, windows: Tensor, demographics: Tensor | None = None) -> Tensor:
        """Return `(batch, labels)`, float64: the probability that each label is 1."""
        hidden = self.encoder(windows)
        read = hidden if self.layer == "all" else hidden[self.layer][None]
        features = pool(read, self.statistics).transpose(0, 1).flatten(1)
        if demographics is not None:
            features = torch.cat([features, demographics], dim=1)
        return cast(Tensor, self.head(features))


def head_module(head: Head) -> nn.Module:
    """Return a head as a module.

    Raises:
        TypeError: If nobody has said how this kind of head becomes one.
    """
    if isinstance(head, LinearHead):
        return _Linear(head)
    if isinstance(head, MlpHead):
        return _Mlp(head)
    raise TypeError(f"there is no module for a head of the kind {head.kind!r}")


class _Standardise(nn.Module):
    mean: Tensor
    scale: Tensor

    def __init__(self, standardiser: Standardiser) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(standardiser.mean.copy()))
        self.register_buffer("scale", torch.from_numpy(standardiser.scale.copy()))

    def forward(self, features: Tensor) -> Tensor:
        return (features.double() - self.mean) / self.scale


class _Linear(nn.Module):
    """`heartprobe.models.linear_head.LinearHead`, in float64 like that."""

    coefficients: Tensor
    intercepts: Tensor

    def __init__(self, head: LinearHead) -> None:
        super().__init__()
        self.standardise = _Standardise(head.standardiser)
        self.register_buffer("coefficients", torch.from_numpy(head.coefficients.T.copy()))
        self.register_buffer("intercepts", torch.from_numpy(head.intercepts.copy()))

    def forward(self, features: Tensor) -> Tensor:
        return torch.sigmoid(self.standardise(features) @ self.coefficients + self.intercepts)


class _Mlp(nn.Module):
    """`heartprobe.models.mlp_head.MlpHead`."""

    def __init__(self, head: MlpHead) -> None:
        super().__init__()
        self.standardise, self.network = _Standardise(head.standardiser), head.network

    def forward(self, features: Tensor) -> Tensor:
        return torch.sigmoid(self.network.logits(self.standardise(features).float()).double())
