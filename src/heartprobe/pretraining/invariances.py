"""What shall make no difference: heart rate, pitch, dynamics, noise, stethoscopes, and what is masked.

Everything works on crops of equalised bands, and is drawn from the generator that is passed in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from torch import Tensor

from heartprobe.pretraining.settings import InvarianceSettings

#: Frames of noise that stretches are cut from; drawing logarithms of exponentials anew costs more than a step.
_NOISE_FRAMES = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """Crops after their change.

    Attributes:
        bands: `(batch, frames, bands)`, noisy and masked, each band with a mean of zero.
        clean: The same before noise and masks.
        speed: `(batch,)`, how much faster each crop was played.
    """

    bands: Tensor
    clean: Tensor
    speed: Tensor


class Invariances:
    """Changes crops as stethoscopes, rooms and hearts would.

    Args:
        settings: How far.
        n_frames: Length of the crops that come out.
        n_bands: Their bands.
        seed: Of the noise that is kept ready.
    """

    def __init__(self, settings: InvarianceSettings, n_frames: int, n_bands: int, seed: int) -> None:
        self.settings = settings
        self.n_frames = n_frames
        self.n_bands = n_bands
        rng = torch.Generator().manual_seed(seed)
        # Log power of noise in a band that holds two bins.
        power = torch.empty(2, _NOISE_FRAMES, n_bands).exponential_(generator=rng).mean(0)
        self._noise = torch.log(power).clamp(-6)

    @property
    def frames_needed(self) -> int:
        """Length of the crops that go in, so that the fastest one still fills what comes out."""
        return int(self.n_frames * math.exp(self.settings.speed)) + 2

    def __call__(self, crops: Tensor, rng: torch.Generator) -> Changed:
        """Turn `(batch, frames_needed, bands)` into changed crops."""
        warped, speed = self._warp(crops, rng)
        clean = warped - warped.mean(1, keepdim=True)
        bent = warped * torch.exp(_within(self.settings.compression, (len(crops), 1, 1), rng))
        heard = self._with_noise(bent, rng) if self.settings.noise else bent
        masked = self._mask(heard - heard.mean(1, keepdim=True), rng)
        return Changed(masked, clean, speed)

    def _warp(self, crops: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Play faster or slower, and shift and stretch the bands."""
        batch, n_before = crops.shape[:2]
        pitch = self.settings.pitch
        speed = torch.exp(_within(self.settings.speed, (batch,), rng))
        where = torch.zeros(batch, 2, 3)
        where[:, 0, 0] = 1 + _within(pitch / 2, (batch,), rng)
        where[:, 0, 2] = _within(pitch, (batch,), rng)
        where[:, 1, 1] = speed * self.n_frames / n_before
        grid = F.affine_grid(where, [batch, 1, self.n_frames, self.n_bands], align_corners=False)
        warped = F.grid_sample(crops[:, None], grid, padding_mode="border", align_corners=False)
        return warped[:, 0], speed

    def _with_noise(self, bands: Tensor, rng: torch.Generator) -> Tensor:
        """Add a noise floor that is smooth over the bands and swells slowly, and clicks, to most crops."""
        batch = len(bands)
        floor = self._floor(batch, rng)[:, None] + self._stretches(batch, rng)
        swell = F.interpolate(_normal((batch, 1, 6), rng) * 0.4, size=self.n_frames, mode="linear")
        floor = floor + swell[:, 0, :, None]
        noisy = torch.where(_chance((batch, 1, 1), 0.8, rng), torch.logaddexp(bands, floor), bands)
        is_click = _chance((batch, self.n_frames, 1), 0.003, rng) & _chance((batch, 1, 1), 0.3, rng)
        loudness = 5 * torch.rand((batch, self.n_frames, 1), generator=rng)
        return torch.where(is_click, noisy + loudness, noisy)

    def _floor(self, batch: int, rng: torch.Generator) -> Tensor:
        """Return the level of the noise in each band, relative to the mean log power of the sound there."""
        noise, n = self.settings.noise, self.n_bands
        level = torch.empty(batch, 1).uniform_(-7.0, 0.5 * noise, generator=rng)
        uneven = F.interpolate(_normal((batch, 1, 5), rng) * 1.2 * noise, size=n, mode="linear", align_corners=True)
        begin = torch.randint(0, max(n // 6, 1), (batch, 1), generator=rng)
        end = torch.randint(n // 2, n + 1, (batch, 1), generator=rng)
        band = torch.arange(n)[None]
        is_below = (band < begin) & _chance((batch, 1), 0.4 * self.settings.narrow, rng)
        is_above = (band >= end) & _chance((batch, 1), 0.5 * self.settings.narrow, rng)
        return level + uneven[:, 0] + 3.5 * (is_below | is_above)

    def _stretches(self, batch: int, rng: torch.Generator) -> Tensor:
        starts = torch.randint(0, _NOISE_FRAMES - self.n_frames, (batch, 1), generator=rng)
        return self._noise[starts + torch.arange(self.n_frames)]

    def _mask(self, bands: Tensor, rng: torch.Generator) -> Tensor:
        """Set two stretches of time (up to 0.3 s) and two of bands (up to a seventh) to zero."""
        longest_time, longest_bands = 20 * self.settings.masks, 0.15 * self.n_bands * self.settings.masks
        for _ in range(2):
            bands = bands * ~_stretch(len(bands), self.n_frames, longest_time, rng)[:, :, None]
            bands = bands * ~_stretch(len(bands), self.n_bands, longest_bands, rng)[:, None, :]
        return bands


def _stretch(batch: int, length: int, longest: float, rng: torch.Generator) -> Tensor:
    begin = torch.randint(0, length, (batch, 1), generator=rng)
    size = (torch.rand((batch, 1), generator=rng) * longest).long()
    at = torch.arange(length)[None]
    return (at >= begin) & (at < begin + size)


def _within(largest: float, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.empty(shape).uniform_(-1.0, 1.0, generator=rng) * largest


def _normal(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=rng)


def _chance(shape: tuple[int, ...], share: float, rng: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=rng) < share
