"""From frames to one row of numbers per window."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

#: Added to variances and magnitudes, so that roots and logarithms of what never varies stay finite and quiet.
FLOOR = 1e-4
SPECTRUM_FLOOR = 1e-6

#: Rates at which the heart varies a band: beats, their harmonics, the shape of sounds and murmurs; in Hz.
NETWORK_EDGES_HZ = (0.5, 1.0, 2.0, 3.9)
BANDS_EDGES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

#: Seconds that a shorter window is zero-padded to before its Fourier transform, so that every range holds a bin.
SHORTEST_S = 4.0

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def mean_and_deviation(frames: Tensor) -> Tensor:
    """Turn `(batch, width, frames)` into mean and standard deviation side by side, `(batch, 2 * width)`."""
    mean = frames.mean(2)
    variance = (frames - mean[..., None]).square().mean(2)
    return torch.cat([mean, (variance + FLOOR).sqrt()], dim=1)


def modulation(frames: Tensor, rate_hz: float, edges_hz: tuple[float, ...], floor: float) -> Tensor:
    """Return how strongly each row varies at certain rates.

    Args:
        frames: `(batch, width, frames)`.
        rate_hz: Frames per second.
        edges_hz: Edges of the ranges.
        floor: Added to the magnitude before the logarithm.

    Returns:
        `(batch, width * ranges)`, natural logarithms.
    """
    n_frames = frames.shape[2]
    n_transform = max(n_frames, round(SHORTEST_S * rate_hz))
    transform = torch.fft.rfft(frames - frames.mean(2, keepdim=True), n=n_transform)
    magnitude = (torch.view_as_real(transform).square().sum(-1) + floor * floor).sqrt() / n_frames
    spacing = rate_hz / n_transform
    ranges = [(int(low / spacing), max(int(high / spacing), int(low / spacing) + 1)) for low, high in _pairs(edges_hz)]
    return torch.cat([torch.log(magnitude[..., a:b].mean(-1) + floor) for a, b in ranges], dim=1)


def network_statistics(embedding: Tensor, rate_hz: float) -> Tensor:
    """Describe what the network made of a window: `(batch, width, frames)` to `(batch, 5 * width)`."""
    varying = modulation(embedding, rate_hz, NETWORK_EDGES_HZ, FLOOR)
    return torch.cat([mean_and_deviation(embedding), varying], dim=1)


def band_statistics(bands: Tensor, rate_hz: float) -> Tensor:
    """Describe what the network heard: `(batch, frames, bands)` to `(batch, 10 * bands)`."""
    varying = modulation(bands.transpose(1, 2), rate_hz, BANDS_EDGES_HZ, SPECTRUM_FLOOR)
    levels = torch.quantile(bands, torch.tensor(LEVELS, device=bands.device), dim=1)
    return torch.cat([varying, levels.transpose(0, 1).flatten(1)], dim=1)


def n_statistics(width: int, n_bands: int) -> int:
    """Return how many numbers describe a window."""
    return (2 + len(NETWORK_EDGES_HZ) - 1) * width + (len(BANDS_EDGES_HZ) - 1 + len(LEVELS)) * n_bands


def _pairs(edges: tuple[float, ...]) -> itertools.pairwise[tuple[float, float]]:
    return itertools.pairwise(edges)
