"""The spectrum that the encoder hears: log power in bands, each with a mean of zero."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from heartprobe.encoders.pcg.architecture import Architecture

#: Share of the bands that lie in the linear part.
_LINEAR_SHARE = 0.35

#: Keeps the division by the deviation of digital silence finite.
SILENCE = 1e-9


def band_corners_hz(architecture: Architecture) -> NDArray[np.float64]:
    """Return the corners of the triangles, `(bands + 2,)`: band i rises from corner i to i + 1 and falls to i + 2."""
    n, low, linear_to = architecture.n_bands, architecture.low_hz, architecture.linear_to_hz
    n_linear = round(n * _LINEAR_SHARE)
    linear = np.linspace(low, linear_to, n_linear + 1)
    geometric = np.geomspace(linear_to, architecture.high_hz, n - n_linear + 2)[1:]
    return np.concatenate([[2 * linear[0] - linear[1]], linear, geometric])[: n + 2]


def band_weights(architecture: Architecture) -> Tensor:
    """Return the share of every bin in every band, `(bins, bands)`, each band summing to one."""
    corners = band_corners_hz(architecture)
    bins_hz = np.arange(architecture.n_fft // 2 + 1) * architecture.rate_hz / architecture.n_fft
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    rising = (bins_hz[:, None] - low) / (middle - low)
    falling = (high - bins_hz[:, None]) / (high - middle)
    weights = np.minimum(rising, falling).clip(0)
    return torch.from_numpy(weights / weights.sum(0)).float()


class EqualisedBands(nn.Module):
    """Log power in bands over time, the mean of each band taken out.

    The mean is what a stationary filter in front (chest, stethoscope, room) adds; without it only what varies within
    the recording is left.
    """

    taper: Tensor
    weights: Tensor

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.register_buffer("taper", torch.hann_window(architecture.window), persistent=False)
        self.register_buffer("weights", band_weights(architecture), persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(batch, frames, bands)`; only whole frames, nothing is padded in time."""
        architecture = self.architecture
        windows = windows.float()
        centred = windows - windows.mean(-1, keepdim=True)
        scaled = centred / (centred.std(-1, keepdim=True) + SILENCE)
        frames = scaled.unfold(-1, architecture.window, architecture.hop) * self.taper
        power = torch.view_as_real(torch.fft.rfft(frames, n=architecture.n_fft)).square().sum(-1)
        level = torch.log(power @ self.weights + architecture.power_floor)
        return level - level.mean(1, keepdim=True)
