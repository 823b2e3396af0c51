"""Where the windows of a recording lie, and cutting them out: never one that is filled up with zeros.

Encoders that normalise over time give other features for a window that was filled up with zeros,
so none is ever filled up.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Placement = Literal["all", "centre", "whole"]

#: A remainder of up to a tenth of a window does not get a window of its own: nine tenths of that window would be
#: heard twice. As much may be missing from a window before the recording counts as short.
_NEGLIGIBLE_SHARE = 10


def is_short(n_samples: int, window_samples: int) -> bool:
    """Tell whether more than a tenth of one window is missing."""
    return _NEGLIGIBLE_SHARE * (window_samples - n_samples) > window_samples


def window_starts(n_samples: int, window_samples: int, placement: Placement) -> list[int]:
    """Return the first sample of every window.

    `"all"`: windows follow one another without overlap; where more than a tenth of a window
    remains, one more is shifted back so that it ends with the recording. `"centre"`: the middle
    one alone. A recording that is shorter than a window has one, at 0.
    """
    surplus = n_samples - window_samples
    if surplus <= 0:
        return [0]
    if placement == "centre":
        return [surplus // 2]
    n_whole, remainder = divmod(n_samples, window_samples)
    starts = [i * window_samples for i in range(n_whole)]
    if _NEGLIGIBLE_SHARE * remainder > window_samples:
        starts.append(surplus)
    return starts


def cut(samples: NDArray[np.float64], window_samples: int, starts: list[int]) -> NDArray[np.float32]:
    """Cut `(n,)` into `(len(starts), window_samples)`; what is shorter is repeated from its start until it is full."""
    if samples.size < window_samples:
        samples = np.resize(samples, window_samples)
    return np.stack([samples[start : start + window_samples] for start in starts]).astype(np.float32)
