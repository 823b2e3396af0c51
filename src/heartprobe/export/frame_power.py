"""Short-time power spectra as matrix products, which every runtime computes fast and to the last digits."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class FramePower(nn.Module):
    """Power of tapered frames in some bins of their Fourier transform.

    A power does not depend on where time begins. Counted from the middle of a frame, cosines see
    only its even part and sines its odd part: that halves the work.

    Args:
        taper: `(window,)`, with which each frame is multiplied.
        hop: Samples from one frame to the next.
        n_fft: Points of the transform; a frame is zero-padded to it.
        bins: First bin, and the one after the last.
        dtype: What is computed in; the powers are float32.
    """

    taper: Tensor
    cosines: Tensor
    sines: Tensor

    def __init__(
        self, taper: Tensor, *, hop: int, n_fft: int, bins: tuple[int, int], dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        self.window, self.hop = len(taper), hop
        steps = torch.arange(self.window // 2 + 1, dtype=torch.float64)
        angles = 2 * math.pi / n_fft * torch.outer(steps, torch.arange(*bins, dtype=torch.float64))
        self.register_buffer("taper", taper.detach().to(dtype, copy=True), persistent=False)
        self.register_buffer("cosines", torch.cos(angles).to(dtype), persistent=False)
        self.register_buffer("sines", torch.sin(angles).to(dtype), persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(batch, frames, bins)`; only whole frames, nothing is padded in time."""
        frames = framed(windows.to(self.taper.dtype), self.window, self.hop) * self.taper
        middle = self.window // 2
        before = frames[..., : middle + 1].flip(-1)
        # In a frame of even length the first sample has no partner behind the middle.
        after = nn.functional.pad(frames[..., middle:], (0, 2 * middle + 1 - self.window))
        # The middle is its own partner, and counts once.
        even = torch.cat([after[..., :1], after[..., 1:] + before[..., 1:]], dim=-1)
        return ((even @ self.cosines).square() + ((after - before) @ self.sines).square()).float()


def framed(windows: Tensor, window: int, hop: int) -> Tensor:
    """Return the overlapping frames of `(batch, samples)`, `(batch, frames, window)`, put together from hops."""
    n_frames = (windows.shape[1] - window) // hop + 1
    in_frame = -(-window // hop)
    n_hops = n_frames + in_frame - 1
    hops = nn.functional.pad(windows, (0, hop))[:, : n_hops * hop].reshape(windows.shape[0], n_hops, hop)
    return torch.cat([hops[:, first : first + n_frames] for first in range(in_frame)], dim=-1)[..., :window]
