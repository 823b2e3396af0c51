"""Batch normalisation by the statistics of the whole batch, of which each process holds a share.

As torch's SyncBatchNorm does, which runs on CUDA alone.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from heartprobe.pretraining.processes.group import Group


def share_batch_norm(network: nn.Module, group: Group) -> None:
    """Replace every batch normalisation by one over the batches of all processes; parameters stay the same objects."""
    for name, module in network.named_children():
        if isinstance(module, _BatchNorm):
            setattr(network, name, SharedBatchNorm(module, group))
        else:
            share_batch_norm(module, group)


class SharedBatchNorm(_BatchNorm):
    """Normalises a share of a batch as if the whole were there.

    Args:
        own: What normalises one batch alone, with running statistics and a fixed momentum; its parameters are taken.
        group: Processes with shares of equal size.
    """

    def __init__(self, own: _BatchNorm, group: Group) -> None:
        super().__init__(own.num_features, own.eps, own.momentum)
        self.weight, self.bias = own.weight, own.bias
        for name, buffer in own.named_buffers():
            setattr(self, name, buffer)
        self.group = group

    def forward(self, values: Tensor) -> Tensor:
        """Normalise `(batch, channels, ...)`."""
        if not self.training:
            return F.batch_norm(values, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        mean, variance = _moments(values, self.group)
        self._remember(mean.detach(), variance.detach(), values.numel() // values.shape[1] * self.group.world_size)
        scale = self.weight * (variance + self.eps).rsqrt()
        # The centre is a number here; what depends on it is in the shift, whose value is the bias.
        centre = mean.detach()
        shift = self.bias + (centre - mean) * scale
        return _affine(values, centre, scale, shift)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Draw the running statistics towards those of a batch of `count` values per channel."""
        momentum = cast(float, self.momentum)
        cast(Tensor, self.running_mean).lerp_(mean, momentum)
        cast(Tensor, self.running_var).lerp_(variance * (count / (count - 1)), momentum)
        cast(Tensor, self.num_batches_tracked).add_(1)


class _Moments(torch.autograd.Function):
    """Mean and variance of each channel over the batches of all processes."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, group: Group) -> tuple[Tensor, Tensor]:
        precision = torch.promote_types(values.dtype, torch.float32)
        own_mean, own_variance = values.new_zeros(2, values.shape[1], dtype=precision)
        count = values.numel() // values.shape[1]
        # torch's own kernel, for its speed and its sums in full precision of numbers in half; it divides by count - 1.
        F.batch_norm(values.detach(), own_mean, own_variance, training=True, momentum=1.0)
        own_variance = own_variance * ((count - 1) / count)
        mean = group.mean(own_mean)
        variance = group.mean(own_variance + (own_mean - mean).square())
        ctx.save_for_backward(values, mean)
        ctx.group = group
        return mean, variance

    @staticmethod
    def backward(ctx: Any, by_mean: Tensor, by_variance: Tensor) -> tuple[Tensor, None]:
        values, mean = ctx.saved_tensors
        by_mean, by_variance = ctx.group.mean(torch.stack([by_mean, by_variance]))
        count = values.numel() // values.shape[1]
        return _affine(values, mean, 2 / count * by_variance, by_mean / count), None


def _moments(values: Tensor, group: Group) -> tuple[Tensor, Tensor]:
    return cast(tuple[Tensor, Tensor], _Moments.apply(values, group))  # type: ignore[no-untyped-call]


def _affine(values: Tensor, centre: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Return `(values - centre) * scale + shift` per channel, in the precision of the values, by torch's own kernel."""
    return F.batch_norm(values, centre, torch.ones_like(centre), scale, shift, training=False, eps=0.0)
