"""How strongly something varies at certain rates, as one operator that torch's exporter meets whole.

Which bins of the Fourier transform belong to a range depends on the length of the sound. Python
decides that while torch runs, and once for all while torch exports. So here it is one operator, for
which `heartprobe.export.rhythm_graph` writes a graph that decides it while it runs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor


@torch.library.custom_op("heartprobe::rhythm", mutates_args=())
def rhythm(
    values: Tensor, rate_hz: float, edges_hz: Sequence[float], shortest: int, floor: float, rounds_up: bool
) -> Tensor:
    """Return the mean magnitude of the Fourier transform between edges.

    Args:
        values: `(batch, channels, steps)`, float32, each row with a mean of zero.
        rate_hz: Steps per second.
        edges_hz: Edges of the ranges.
        shortest: Steps that shorter values are zero-padded to.
        floor: Its square is added to every power.
        rounds_up: Whether a range begins and ends at the first bin that is not below its edges (as in
            `heartprobe.encoders.modulation`), or at the last one that is not above (`heartprobe.encoders.pcg`).

    Returns:
        `(batch, channels, ranges)`, divided by the number of steps.
    """
    n_steps = values.shape[-1]
    n_transform = max(n_steps, shortest)
    transform = torch.view_as_real(torch.fft.rfft(values, n=n_transform))
    magnitude = (transform.square().sum(-1) + floor * floor).sqrt() / n_steps
    whole = math.ceil if rounds_up else math.floor
    edges = [whole(edge / (rate_hz / n_transform)) for edge in edges_hz]
    ranges = [(first, max(stop, first + 1)) for first, stop in itertools.pairwise(edges)]
    return torch.stack([magnitude[..., first:stop].mean(-1) for first, stop in ranges], dim=-1)


@rhythm.register_fake
def _shape(values: Tensor, _rate_hz: float, edges_hz: Sequence[float], *_: object) -> Tensor:
    return values.new_empty(*values.shape[:2], len(edges_hz) - 1)
