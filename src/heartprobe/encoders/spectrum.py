"""The short-time spectrum in 23 bands that the two weight-free encoders share.

Bands, window and hop were chosen for heart sounds: S1 and S2 lie below 200 Hz, where 23 Hz wide
bands still tell them apart; murmurs reach to about 1 kHz, where bands may widen with frequency.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

RATE_HZ = 4000
WINDOW_SAMPLES = 256  # 64 ms
HOP_SAMPLES = 64  # 16 ms
N_FFT = 512  # the window is zero-padded to it, so that the narrowest band holds two bins
FRAME_RATE_HZ = RATE_HZ / HOP_SAMPLES

N_BANDS = 23
LOWEST_HZ = 15.0
LINEAR_TO_HZ = 200.0
HIGHEST_HZ = 1900.0
N_LINEAR_BANDS = 8

# Below what 16-bit audio of unit variance can hold; keeps the logarithm of digital silence finite.
POWER_FLOOR = 1e-12


def band_edges_hz() -> list[float]:
    """Return the 24 edges of the bands in Hz: equal widths up to 200 Hz, then equal ratios."""
    step_hz = (LINEAR_TO_HZ - LOWEST_HZ) / N_LINEAR_BANDS
    linear = [LOWEST_HZ + step_hz * i for i in range(N_LINEAR_BANDS)]
    n_geometric = N_BANDS - N_LINEAR_BANDS
    ratio = (HIGHEST_HZ / LINEAR_TO_HZ) ** (1 / n_geometric)
    return linear + [LINEAR_TO_HZ * ratio**i for i in range(n_geometric + 1)]


def bins_between(low: float, high: float, spacing: float) -> tuple[int, int]:
    """Return the half-open range of the bins k with `low <= k * spacing < high`.

    Where no bin lies in between, it is the one that is nearest to the middle.
    """
    first, stop = math.ceil(low / spacing), math.ceil(high / spacing)
    if first < stop:
        return first, stop
    nearest = round((low + high) / 2 / spacing)
    return nearest, nearest + 1


class BandSpectrum(nn.Module):
    """Log power of a sound in 23 bands, every 16 ms.

    Everything is sliced and averaged rather than multiplied with a filter matrix, because a matrix
    product would be computed in bf16 under autocast. The Fourier transform is that of doubles: in
    single precision the rounding of the loudest band reaches the quiet ones, whose logarithm shows it.
    """

    taper: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("taper", torch.hann_window(WINDOW_SAMPLES), persistent=False)
        edges = band_edges_hz()
        self.bands = [bins_between(low, high, RATE_HZ / N_FFT) for low, high in itertools.pairwise(edges)]

    def forward(self, windows: Tensor) -> Tensor:
        """Return the natural logarithm of the mean power per bin in each band.

        Args:
            windows: `(batch, samples)` at 4 kHz.

        Returns:
            `(batch, bands, frames)`; only whole frames, nothing is padded in time.
        """
        # Apple's graphics processors have no doubles.
        device = torch.device("cpu") if windows.device.type == "mps" else windows.device
        frames = windows.to(device, torch.float64).unfold(-1, WINDOW_SAMPLES, HOP_SAMPLES) * self.taper.to(device)
        spectrum = torch.view_as_real(torch.fft.rfft(frames, n=N_FFT))
        power = spectrum.square().sum(-1).float().to(windows.device)
        in_bands = torch.stack([power[..., first:stop].mean(-1) for first, stop in self.bands], dim=1)
        return torch.log(in_bands + POWER_FLOOR)
