"""An encoder that is ready to use: its facts and its torch module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from torch import Tensor, nn

from heartprobe.encoders.protocol import EncoderInfo
from heartprobe.errors import EncoderError


class HiddenStates(Protocol):
    """What the modules of this package have beside being an `nn.Module`."""

    layers: nn.ModuleList

    def __call__(self, windows: Tensor) -> Tensor:
        """Return all hidden states, `(layers, batch, frames, width)`."""
        ...

    def front_end_modules(self) -> list[nn.Module]:
        """Return the modules below the transformer layers."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LoadedEncoder:
    """A module that turns windows into hidden states, behind the `Encoder` protocol.

    Calling `module` is the same as `encode` without its checks, which is what an export needs.
    """

    info: EncoderInfo
    module: nn.Module

    def encode(self, windows: Tensor) -> Tensor:
        """Return all hidden states; see `Encoder.encode`.

        Raises:
            EncoderError: The windows are not `(batch, samples)`, or too short or too long.
        """
        self._check(windows)
        return cast(Tensor, self.module(windows))

    def front_end_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the parameters below the transformer (convolutions, projections, positions)."""
        for module in cast(HiddenStates, self.module).front_end_modules():
            yield from module.parameters()

    def layer_modules(self) -> list[nn.Module]:
        """Return the transformer layers, first to last."""
        return list(cast(HiddenStates, self.module).layers)

    def _check(self, windows: Tensor) -> None:
        info = self.info
        if windows.ndim != 2:
            raise EncoderError(f"Encoder {info.name!r} expects (batch, samples), not the shape {tuple(windows.shape)}")
        n_samples = windows.shape[1]
        if n_samples < info.min_samples:
            raise EncoderError(
                f"Encoder {info.name!r} needs windows of at least {info.min_samples} samples "
                f"({info.min_samples / info.rate_hz:.3g} s at {info.rate_hz} Hz), not {n_samples}"
            )
        if info.max_samples is not None and n_samples > info.max_samples:
            raise EncoderError(
                f"Encoder {info.name!r} takes windows of at most {info.max_samples} samples "
                f"({info.max_samples / info.rate_hz:.3g} s at {info.rate_hz} Hz), not {n_samples}"
            )
