"""`logmel`: percentiles of the log spectrum beside the modulation statistics. Weight-free.

The best features without pre-training that we know on BMD-HS, and so the baseline that a
pre-trained encoder has to beat. Its percentiles also carry the sensor and the room; `modulation`
alone is the better choice where the data set changes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heartprobe.encoders import modulation, percentiles
from heartprobe.encoders.spectrum import BandSpectrum

WIDTH = percentiles.WIDTH + modulation.WIDTH


class LogMel(nn.Module):
    """Percentiles of each band's log power over time, then the modulation statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.spectrum = BandSpectrum()
        self.layers = nn.ModuleList()

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` at 4 kHz into `(1, batch, 1, 230)`."""
        log_power = self.spectrum(windows)
        level = percentiles.percentiles_over_time(log_power).flatten(1)
        varying = modulation.modulation_spectrum(log_power).flatten(1)
        return torch.cat([level, varying], dim=1)[None, :, None, :]

    def front_end_modules(self) -> list[nn.Module]:
        """Return nothing: there are no weights."""
        return []
