"""An encoder and a head as one torch module that can be trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from heartprobe.encoders.protocol import Encoder
from heartprobe.models.head import Head
from heartprobe.models.linear_head import LinearHead
from heartprobe.models.mlp_head import MlpHead
from heartprobe.models.networks import HeadNetwork
from heartprobe.models.standardiser import Standardiser
from heartprobe.training.loss import weighted_cross_entropy


class TunableClassifier(nn.Module):
    """Windows in, log odds of the labels out: encoder, mean and deviation over frames, head.

    Args:
        encoder: Its module becomes a part of this one.
        head: Where the head's weights start; its standardisation stays as it is.
        trained_layers: Layers of the encoder that are put into training mode with this module.
            Everything else of the encoder stays in evaluation mode, so that frozen layers compute
            what they always do.
        dropout: Dropout of an `mlp` head.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, encoder: Encoder, head: Head, trained_layers: Sequence[nn.Module], dropout: float) -> None:
        super().__init__()
        self.encoder = encoder.module
        self._encode = encoder.encode
        self._is_pooled = encoder.info.is_pooled
        self._labels = head.labels
        self._trained_layers = tuple(trained_layers)
        self._standardiser = Standardiser.from_tensors(head.tensors())
        for name, values in (("mean", self._standardiser.mean), ("scale", self._standardiser.scale)):
            self.register_buffer(name, torch.from_numpy(values.astype(np.float32)), persistent=False)
        self.network = _network(head, dropout)

    def forward(self, samples: Tensor, demographics: Tensor, labels: Tensor, weights: Tensor) -> dict[str, Tensor]:
        """Return the loss and the log odds, `(batch, labels)`.

        Args:
            samples: `(batch, window_samples)`.
            demographics: `(batch, fields)`.
            labels: `(batch, labels)`: 1, 0 or NaN.
            weights: `(batch, labels)`; 0 where a label is unknown.
        """
        hidden = self._encode(samples)[-1]
        pooled = hidden.mean(dim=1) if self._is_pooled else mean_and_deviation(hidden)
        features = (torch.cat([pooled, demographics], dim=1) - self.mean) / self.scale
        logits = self.network.logits(features) if isinstance(self.network, HeadNetwork) else self.network(features)
        return {"loss": weighted_cross_entropy(logits, labels, weights), "logits": logits}

    def train(self, mode: bool = True) -> Self:
        """Put the head and the trained layers into training mode, and nothing else."""
        super().train(False)
        self.training = mode
        self.network.train(mode)
        for layer in self._trained_layers:
            layer.train(mode)
        return self

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """Yield those parameters of the encoder that are trained."""
        return (parameter for parameter in self.encoder.parameters() if parameter.requires_grad)

    def head(self) -> Head:
        """Return the head as it is now."""
        standardiser = self._standardiser
        if isinstance(self.network, HeadNetwork):
            width = int(standardiser.mean.size)
            weights = {f"network.{k}": v.detach().cpu() for k, v in self.network.state_dict().items()}
            return MlpHead.rebuilt(self._labels, self.network.task, width, {**weights, **standardiser.tensors()})
        return LinearHead(
            self._labels,
            standardiser,
            self.network.weight.detach().cpu().double().numpy().copy(),
            self.network.bias.detach().cpu().double().numpy().copy(),
        )


def mean_and_deviation(hidden: Tensor) -> Tensor:
    """Return mean and biased standard deviation over frames, `(batch, 2 * width)`.

    The same numbers as `heartprobe.features.pooling.pool`, with a gradient that stays finite where
    a value does not change over time.

    Args:
        hidden: `(batch, frames, width)`.
    """
    mean = hidden.mean(dim=1, keepdim=True)
    variance = (hidden - mean).square().mean(dim=1)
    varies = variance > torch.finfo(variance.dtype).tiny
    deviation = torch.where(varies, variance, 1.0).sqrt()
    return torch.cat([mean.squeeze(1), torch.where(varies, deviation, 0.0)], dim=-1)


def _network(head: Head, dropout: float) -> nn.Linear | HeadNetwork:
    if isinstance(head, LinearHead):
        n_labels, width = head.coefficients.shape
        # Made without storage first, so that no random weights are drawn.
        linear = nn.Linear(width, n_labels, device="meta").to_empty(device="cpu")
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(head.coefficients.astype(np.float32)))
            linear.bias.copy_(torch.from_numpy(head.intercepts.astype(np.float32)))
        return linear
    if isinstance(head, MlpHead):
        n_labels, width = len(head.labels), int(head.standardiser.mean.size)
        copied = MlpHead.rebuilt(head.labels, head.network.task, width, head.tensors()).network
        for module in copied.modules():
            if isinstance(module, nn.Dropout):
                module.p = dropout
        return copied
    raise TypeError(f"a head of the kind {head.kind!r} cannot be fine-tuned")
