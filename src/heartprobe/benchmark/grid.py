"""Entries that are made of all combinations of encoders, layers, time scales and heads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from heartprobe.benchmark.specification import Entry, Grid, merged
from heartprobe.config.load import lay_over
from heartprobe.encoders.catalogue import CATALOGUE


def entries_of(grid: Grid) -> Iterator[Entry]:
    """Yield an entry for each combination, named after what differs between them."""
    for encoder in grid.encoders:
        axes = _axes(grid, encoder)
        for values in product(*(axis.values for axis in axes)):
            config = merged(grid.config)
            parts = [Path(encoder).name]
            for axis, value in zip(axes, values, strict=True):
                lay_over(config, axis.key, value)
                parts += [axis.name(value)] if len(axis.values) > 1 else []
            yield Entry(name=", ".join(parts), encoder=encoder, tasks=grid.tasks, config=config)


@dataclass(frozen=True, slots=True)
class _Axis:
    """A setting, the values it takes, and what they look like in a name."""

    key: str
    look: str
    values: tuple[Any, ...]

    def name(self, value: Any) -> str:
        several = value if isinstance(value, tuple) else (value,)
        return self.look.format("/".join(f"{v:g}" if isinstance(v, float) else str(v) for v in several))


def _axes(grid: Grid, encoder: str) -> list[_Axis]:
    """Return what there is to choose for an encoder.

    Those without weights have one hidden state and hear recordings at their own speed: layers and
    time scales would make the same model several times.
    """
    of_encoders = [_Axis("features.layer", "layer {}", grid.layers), _Axis("audio.time_scale", "×{}", grid.time_scales)]
    has_weights = encoder not in CATALOGUE or CATALOGUE[encoder].family != "built-in"
    axes = [*(of_encoders if has_weights else []), _Axis("models.head", "{}", grid.heads)]
    return [axis for axis in axes if axis.values]
