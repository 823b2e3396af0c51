"""What the network learns from: heads on its frames, and the loss of each."""

from __future__ import annotations

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
    """

    abnormal: Tensor
    lesions: Tensor
    phases: Tensor
    bands: Tensor


class PretrainedNetwork(nn.Module):
    """The network with its heads; only the network is kept in the end."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        width = architecture.width
        self.network = Convolutions(architecture)
        self.abnormal = nn.Linear(2 * width, 1)
        self.lesions = nn.Linear(2 * width, len(LABELS))
        self.phases = nn.Conv1d(width, len(PHASES), 1)
        self.bands = nn.Conv1d(width, architecture.n_bands * architecture.time_stride, 1)

    def forward(self, bands: Tensor, kept: Tensor) -> Outputs:
        """Answer everything about `(batch, frames, bands)`; `kept` multiplies the pooled numbers (dropout)."""
        # The convolutions dominate; in bf16 they cost a processor that has it half the time.
        with torch.autocast(bands.device.type, torch.bfloat16):
            embedding = self.network(bands)
        embedding = embedding.float()
        pooled = mean_and_deviation(embedding) * kept
        return Outputs(
            cast(Tensor, self.abnormal(pooled))[:, 0],
            self.lesions(pooled),
            self.phases(embedding),
            self.bands(embedding),
        )


def loss(outputs: Outputs, batch: Batch, settings: ObjectiveSettings) -> Tensor:
    """Return the weighted sum of the losses of a batch; objectives with a weight of 0 cost nothing."""
    smooth = settings.label_smoothing
    synthetic = slice(batch.n_labelled, batch.n_labelled + len(batch.lesions))
    terms = (
        (settings.abnormal, _binary(outputs.abnormal[: batch.n_labelled], batch.abnormal * (1 - smooth) + smooth / 2)),
        (settings.synthetic_abnormal, _binary(outputs.abnormal[synthetic], 1 - batch.lesions[:, 0])),
        (settings.lesions, _binary(outputs.lesions[synthetic], batch.lesions)),
        (settings.phases, F.cross_entropy(outputs.phases[synthetic], batch.phases)),
        (settings.reconstruction, F.smooth_l1_loss(outputs.bands, stacked_frames(batch.clean, outputs.bands.shape))),
    )
    return torch.stack([weight * term for weight, term in terms]).sum()


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


def _binary(log_odds: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(log_odds, target)
