"""`percentiles`: how loud each band is, and how widely it ranges. Weight-free.

A plain description of the spectrum, without any order in time: it hears the sensor, the chest and
the room as well as the heart. It is here to be compared with: what it reaches on a stethoscope that
was never trained on shows how far the sound of a place can mislead.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from heartprobe.encoders.spectrum import N_BANDS, BandSpectrum

PERCENTILES = (5, 25, 50, 75, 95)

WIDTH = N_BANDS * len(PERCENTILES)


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


class Percentiles(nn.Module):
    """Percentiles of each band's log power over time."""

    def __init__(self) -> None:
        super().__init__()
        self.spectrum = BandSpectrum()
        self.layers = nn.ModuleList()

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` at 4 kHz into `(1, batch, 1, 115)`."""
        return percentiles_over_time(self.spectrum(windows)).flatten(1)[None, :, None, :]

    def front_end_modules(self) -> list[nn.Module]:
        """Return nothing: there are no weights."""
        return []
