"""The original project's networks as a head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from heartprobe.models.head import JSON
from heartprobe.models.networks import HeadNetwork, Task
from heartprobe.models.standardiser import Standardiser

NETWORK = "network."

# A matrix product of another height may sum in another order; rows are therefore always taken in
# blocks of this many, the last one filled up, so that a row's result does not depend on its company.
BLOCK_ROWS = 64


@dataclass(frozen=True, slots=True, eq=False)
class MlpHead:
    """A network of the original project on standardised features.

    Attributes:
        labels: What the columns of the probabilities are about.
        standardiser: Brings features to zero mean and unit variance (the original did not).
        network: In evaluation mode, float32, on the CPU.
    """

    kind: ClassVar[str] = "mlp"

    labels: tuple[str, ...]
    standardiser: Standardiser
    network: HeadNetwork

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability that each label is 1, `(n, labels)`."""
        rows = torch.from_numpy(self.standardiser(features).astype(np.float32))
        if not len(rows):
            return np.empty((0, len(self.labels)))
        filled = torch.cat([rows, rows[-1:].expand(-len(rows) % BLOCK_ROWS, -1)])
        self.network.eval()
        with torch.inference_mode():
            logits = torch.cat([self.network.logits(block) for block in torch.split(filled, BLOCK_ROWS)])
            return torch.sigmoid(logits[: len(rows)].double()).numpy()

    def settings(self) -> dict[str, JSON]:
        """Return what rebuilds the head beside its tensors."""
        return {
            "kind": self.kind,
            "labels": list(self.labels),
            "task": self.network.task,
            "width": int(self.standardiser.mean.size),
        }

    def tensors(self) -> dict[str, Tensor]:
        """Return the network's weights (prefixed with `network.`) and the standardisation."""
        weights = self.network.state_dict()
        return {
            **{f"{NETWORK}{name}": value.detach().clone() for name, value in weights.items()},
            **self.standardiser.tensors(),
        }

    def state_dict_for_raw_features(self) -> dict[str, Tensor]:
        """Return a state dict of the network alone that takes features as they are.

        The standardisation is folded into the first layer. The original project's network loads
        the result and computes the same, up to rounding.
        """
        weights = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        first = next(name for name, module in self.network.named_modules() if isinstance(module, nn.Linear))
        weight = weights[f"{first}.weight"].double() / torch.from_numpy(self.standardiser.scale)
        bias = weights[f"{first}.bias"].double() - weight @ torch.from_numpy(self.standardiser.mean)
        return {**weights, f"{first}.weight": weight.float(), f"{first}.bias": bias.float()}

    @classmethod
    def rebuilt(cls, labels: tuple[str, ...], task: Task, width: int, tensors: Mapping[str, Tensor]) -> MlpHead:
        """Return the head that `settings` and `tensors` were taken from."""
        # Built without storage, so that no random initial weights are drawn.
        with torch.device("meta"):
            network = HeadNetwork(width, len(labels), task, dropout=0.0)
        weights = {
            name.removeprefix(NETWORK): value.clone() for name, value in tensors.items() if name.startswith(NETWORK)
        }
        network.load_state_dict(weights, strict=True, assign=True)
        return cls(labels, Standardiser.from_tensors(tensors), network.eval())
