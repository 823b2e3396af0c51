"""The network: four convolutions over bands and time, then a description of every 128 ms."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from heartprobe.encoders.pcg.architecture import Architecture


class Convolutions(nn.Module):
    """From equalised bands to one vector per frame."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        c = architecture.channels
        self.blocks = nn.Sequential(
            _block(1, c, kernel=5, stride=(2, 2)),
            _block(c, 2 * c, kernel=3, stride=(2, 2)),
            _block(2 * c, 4 * c, kernel=3, stride=(2, 2)),
            _block(4 * c, 4 * c, kernel=3, stride=(1, 2)),
        )
        self.mix = nn.Sequential(
            nn.Conv1d(4 * c * architecture.bands_left, architecture.width, 1, bias=False),
            nn.BatchNorm1d(architecture.width),
            nn.ReLU(),
        )

    def forward(self, bands: Tensor) -> Tensor:
        """Turn `(batch, frames, bands)` into `(batch, width, frames / 8)`, rounded up."""
        maps = self.blocks(bands[:, None])
        return cast(Tensor, self.mix(maps.permute(0, 1, 3, 2).flatten(1, 2)))


def _block(n_in: int, n_out: int, *, kernel: int, stride: tuple[int, int]) -> nn.Sequential:
    """Return a convolution over (frames, bands) with batch normalisation."""
    convolution = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU())
