"""What the network learns from: heads on its frames, and the loss of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from torch import Tensor, nn

from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.encoders.pcg.network import Convolutions
from heartprobe.encoders.pcg.statistics import mean_and_deviation
from heartprobe.labels import LABELS
from heartprobe.pretraining.batches import Batch
from heartprobe.pretraining.clusters import cluster_loss
from heartprobe.pretraining.self_distillation import self_distillation_loss
from heartprobe.pretraining.settings import ObjectiveSettings
from heartprobe.pretraining.synthetic_material import PHASES


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What the heads say about a batch.

    Attributes:
        abnormal: `(batch,)`, log odds.
        lesions: `(batch, 5)`, log odds of N, AS, AR, MR, MS.
        phases: `(batch, 4, network frames)`, logits.
        bands: `(batch, bands * 8, network frames)`, the spectrum.
        clusters: `(batch, n_clusters, network frames)`, logits; `None` where they are not learned.
        description: `(batch, width, network frames)`, the teacher's; `None` where there is none.
    """

    abnormal: Tensor
    lesions: Tensor
    phases: Tensor
    bands: Tensor
    clusters: Tensor | None = None
    description: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What a step is to find in clean sound; `None` where it is not learned.

    Attributes:
        clusters: `(batch, whole network frames)`, the nearest centroid.
        description: `(batch, width, network frames)`, the teacher's, normalised.
    """

    clusters: Tensor | None = None
    description: Tensor | None = None


class PretrainedNetwork(nn.Module):
    """The network with its heads; only the network is kept in the end.

    Heads of clusters and of self-distillation are there only where these are learned, and come last, so that the
    others begin with the same weights either way.
    """

    def __init__(self, architecture: Architecture, objectives: ObjectiveSettings) -> None:
        super().__init__()
        width = architecture.width
        self.network = Convolutions(architecture)
        self.abnormal = nn.Linear(2 * width, 1)
        self.lesions = nn.Linear(2 * width, len(LABELS))
        self.phases = nn.Conv1d(width, len(PHASES), 1)
        self.bands = nn.Conv1d(width, architecture.n_bands * architecture.time_stride, 1)
        self.clusters = nn.Conv1d(width, objectives.n_clusters, 1) if objectives.clusters else None
        self.description = nn.Conv1d(width, width, 1) if objectives.self_distillation else None

    def describe(self, bands: Tensor) -> Tensor:
        """Turn `(batch, frames, bands)` into `(batch, width, network frames)`."""
        # The convolutions dominate; in bf16 they cost a processor that has it half the time.
        with torch.autocast(bands.device.type, torch.bfloat16):
            embedding = cast(Tensor, self.network(bands))
        return embedding.float()

    def forward(self, bands: Tensor, kept: Tensor) -> Outputs:
        """Answer everything about `(batch, frames, bands)`; `kept` multiplies the pooled numbers (dropout)."""
        embedding = self.describe(bands)
        pooled = mean_and_deviation(embedding) * kept
        return Outputs(
            cast(Tensor, self.abnormal(pooled))[:, 0],
            self.lesions(pooled),
            self.phases(embedding),
            self.bands(embedding),
            None if self.clusters is None else self.clusters(embedding),
            None if self.description is None else self.description(embedding),
        )


def loss(outputs: Outputs, batch: Batch, targets: Targets, settings: ObjectiveSettings) -> Tensor:
    """Return the weighted sum of the losses of a batch; objectives with a weight of 0 cost nothing."""
    smooth = settings.label_smoothing
    synthetic = slice(batch.n_labelled, batch.n_labelled + len(batch.lesions))
    terms: dict[str, Callable[[], Tensor]] = {
        "abnormal": lambda: _binary(outputs.abnormal[: batch.n_labelled], batch.abnormal * (1 - smooth) + smooth / 2),
        "synthetic_abnormal": lambda: _binary(outputs.abnormal[synthetic], 1 - batch.lesions[:, 0]),
        "lesions": lambda: _binary(outputs.lesions[synthetic], batch.lesions),
        "phases": lambda: F.cross_entropy(outputs.phases[synthetic], batch.phases),
        "reconstruction": lambda: F.smooth_l1_loss(outputs.bands, stacked_frames(batch.clean, outputs.bands.shape)),
        "clusters": lambda: cluster_loss(_there(outputs.clusters), _there(targets.clusters)),
        "self_distillation": lambda: self_distillation_loss(_there(outputs.description), _there(targets.description)),
    }
    weights: dict[str, float] = settings.model_dump(include=set(terms))
    return torch.stack([weights[name] * term() for name, term in terms.items() if weights[name]]).sum()


def stacked_frames(bands: Tensor, shape: torch.Size) -> Tensor:
    """Lay the frames of the spectrum that belong to one frame of the network on top of each other.

    Args:
        bands: `(batch, frames, bands)`.
        shape: `(batch, bands * stride, network frames)`; what lies beyond the end is 0.
    """
    batch, rows, n_frames = shape
    n_bands = bands.shape[2]
    stride = rows // n_bands
    padded = F.pad(bands, (0, 0, 0, n_frames * stride - bands.shape[1]))
    return padded.reshape(batch, n_frames, stride, n_bands).permute(0, 3, 2, 1).reshape(shape)


def _there(tensor: Tensor | None) -> Tensor:
    if tensor is None:
        raise ValueError("an objective has a weight, and no head or no target")
    return tensor


def _binary(log_odds: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(log_odds, target)
