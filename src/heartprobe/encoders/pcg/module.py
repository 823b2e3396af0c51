"""The encoder as a torch module: windows in, one row of numbers per window out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.encoders.pcg.bands import EqualisedBands
from heartprobe.encoders.pcg.network import Convolutions
from heartprobe.encoders.pcg.statistics import band_statistics, n_statistics, network_statistics


class HeartSoundEncoder(nn.Module):
    """Equalised bands, the network, and statistics of both over the window.

    It computes in fp32 also under autocast: 20 s of sound take a few milliseconds.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.rate_hz = architecture.rate_hz
        self.width = n_statistics(architecture.width, architecture.n_bands)
        self.min_samples = architecture.rate_hz
        self.bands = EqualisedBands(architecture)
        self.network = Convolutions(architecture)
        self.layers = nn.ModuleList()

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(1, batch, 1, width)`."""
        frame_rate_hz = self.architecture.frame_rate_hz
        with torch.autocast(windows.device.type, enabled=False):
            bands = self.bands(windows)
            embedding = self.network(bands)
            learned = network_statistics(embedding, frame_rate_hz / self.architecture.time_stride)
            heard = band_statistics(bands, frame_rate_hz)
        return torch.cat([learned, heard], dim=1)[None, :, None, :]

    def front_end_modules(self) -> list[nn.Module]:
        """Return the network: everything lies below the one state that is returned."""
        return [self.network]
