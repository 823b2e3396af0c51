"""`modulation`: how each band's loudness varies in time. Weight-free.

The heart beats at 0.7 to 3 Hz and gives the loudness of every band that rhythm and its harmonics;
a murmur changes their balance. A stationary filter in front (sensor, chest wall, room) adds a
constant to a band's log power, which the subtracted mean removes: what is left travels better
between data sets than the spectrum does.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from heartprobe.encoders.spectrum import FRAME_RATE_HZ, N_BANDS, BandSpectrum, bins_between

MODULATION_EDGES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
N_MODULATIONS = len(MODULATION_EDGES_HZ) - 1

# Frames that a shorter window is zero-padded to before its Fourier transform (4.1 s). Bins are then
# 0.24 Hz apart, so that also in a window of 1 s each modulation band holds two of them or more.
SHORTEST_TRANSFORM = 256

# Keeps the logarithm finite where a band does not vary at all (digital silence).
MAGNITUDE_FLOOR = 1e-6

WIDTH = N_BANDS * N_MODULATIONS


def modulation_spectrum(log_power: Tensor) -> Tensor:
    """Return how strongly each band varies at 0.5-1, 1-2, 2-4, 4-8 and 8-16 Hz.

    Args:
        log_power: `(batch, bands, frames)`, 62.5 frames per second.

    Returns:
        `(batch, bands, 5)`: natural logarithm of the mean magnitude of the Fourier transform along
        time, divided by the number of frames so that windows of different lengths compare.
    """
    n_frames = log_power.shape[-1]
    n_transform = max(n_frames, SHORTEST_TRANSFORM)
    varying = log_power - log_power.mean(-1, keepdim=True)
    transform = torch.view_as_real(torch.fft.rfft(varying, n=n_transform))
    magnitude = transform.square().sum(-1).sqrt() / n_frames
    edges = itertools.pairwise(MODULATION_EDGES_HZ)
    bins = [bins_between(low, high, FRAME_RATE_HZ / n_transform) for low, high in edges]
    return torch.log(torch.stack([magnitude[..., a:b].mean(-1) for a, b in bins], dim=-1) + MAGNITUDE_FLOOR)


class Modulation(nn.Module):
    """Modulation statistics: 23 bands times 5 modulation bands."""

    def __init__(self) -> None:
        super().__init__()
        self.spectrum = BandSpectrum()
        self.layers = nn.ModuleList()

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` at 4 kHz into `(1, batch, 1, 115)`."""
        return modulation_spectrum(self.spectrum(windows)).flatten(1)[None, :, None, :]

    def front_end_modules(self) -> list[nn.Module]:
        """Return nothing: there are no weights."""
        return []
