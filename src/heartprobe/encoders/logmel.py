"""`logmel`: percentiles of the log spectrum beside the modulation statistics. Weight-free.

The best features without pre-training that we know on BMD-HS, and so the baseline that a
pre-trained encoder has to beat. Its percentiles also carry the sensor and the room; `modulation`
alone is the better choice where the data set changes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from heartprobe.encoders import modulation
from heartprobe.encoders.spectrum import N_BANDS, BandSpectrum

PERCENTILES = (5, 25, 50, 75, 95)

WIDTH = N_BANDS * len(PERCENTILES) + modulation.WIDTH


def percentiles_over_time(values: Tensor) -> Tensor:
    """Return the 5th, 25th, 50th, 75th and 95th percentile of the last axis.

    Linear between neighbours, as `numpy.percentile` does it. By sorting, because `torch.quantile`
    is limited in size and cannot be exported.

    Args:
        values: `(..., frames)`.

    Returns:
        `(..., 5)`.
    """
    ordered = values.sort(dim=-1).values
    last = values.shape[-1] - 1
    columns = []
    for percent in PERCENTILES:
        position = last * percent / 100
        below, above = math.floor(position), math.ceil(position)
        columns.append(torch.lerp(ordered[..., below], ordered[..., above], position - below))
    return torch.stack(columns, dim=-1)


class LogMel(nn.Module):
    """Percentiles of each band's log power over time, then the modulation statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.spectrum = BandSpectrum()
        self.layers = nn.ModuleList()

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` at 4 kHz into `(1, batch, 1, 230)`."""
        log_power = self.spectrum(windows)
        level = percentiles_over_time(log_power).flatten(1)
        varying = modulation.modulation_spectrum(log_power).flatten(1)
        return torch.cat([level, varying], dim=1)[None, :, None, :]

    def front_end_modules(self) -> list[nn.Module]:
        """Return nothing: there are no weights."""
        return []
