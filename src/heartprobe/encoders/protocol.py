"""What every encoder keeps: windows in, all hidden states out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """The facts of a loaded encoder.

    Attributes:
        name: Catalogue name, hub id or folder name, as it is shown to people.
        source: What is loaded again from a bundle: hub id, absolute folder, or a built-in name.
        revision: Hub commit, or `"local"`, or the version of a built-in encoder.
        fingerprint: SHA-256 (hex) of everything in the encoder that decides its numbers: weights,
            configuration and input normalisation.
        rate_hz: Sampling rate of the windows it expects, in Hz.
        n_layers: Number of hidden states it returns (transformer layers + 1).
        width: Size of the last axis of a hidden state.
        min_samples: Shortest window it accepts, in samples.
        max_samples: Longest window it accepts, in samples; `None` where there is no limit.
        hears_heart_rate_sound: Whether it was made for heart sounds at their own rate, so that
            `audio.time_scale` and `audio.sample_rate` do not apply to it.
        is_pooled: Whether it returns one frame that is already a statistic over the window.
    """

    name: str
    source: str
    revision: str
    fingerprint: str
    rate_hz: int
    n_layers: int
    width: int
    min_samples: int
    max_samples: int | None = None
    hears_heart_rate_sound: bool = False
    is_pooled: bool = False


class Encoder(Protocol):
    """A frozen or trainable audio encoder.

    `module` holds the weights (it has no parameters in a weight-free encoder). Encoding is
    deterministic in evaluation mode, and a window's result does not depend on the other windows
    of its batch.
    """

    @property
    def info(self) -> EncoderInfo:
        """The facts of this encoder."""
        ...

    @property
    def module(self) -> nn.Module:
        """The torch module with the weights."""
        ...

    def encode(self, windows: Tensor) -> Tensor:
        """Return all hidden states.

        Args:
            windows: `(batch, samples)`, float32, at `info.rate_hz`.

        Returns:
            `(layers, batch, frames, width)`; gradients flow where they are enabled.
        """
        ...

    def front_end_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the parameters below the transformer (convolutions, projections, positions)."""
        ...

    def layer_modules(self) -> list[nn.Module]:
        """Return the transformer layers, first to last (empty in a weight-free encoder)."""
        ...
