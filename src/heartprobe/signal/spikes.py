"""Remove friction spikes, as Schmidt et al. describe.

S. E. Schmidt, C. Holst-Hansen, C. Graff, E. Toft, J. J. Struijk: Segmentation of heart sound
recordings by a duration-dependent hidden Markov model. Physiological Measurement 31 (2010)
513-529, doi:10.1088/0967-3334/31/4/004.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Both from the paper: the length of a frame, and how far a frame's largest magnitude may stand above the
#: median of all frames'.
_FRAME_S = 0.5
_MOST_TIMES_MEDIAN = 3.0


def remove_spikes(samples: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Set to zero what stands out of a recording: friction of the stethoscope, knocks.

    The recording is divided into frames of 500 ms. While the largest magnitude of a frame exceeds
    three times the median of all frames' largest magnitudes, the half-wave that holds it (from the
    zero crossing before it to the one after it, within the frame) is set to zero.

    The paper removes one spike at a time and takes the median anew; here all half-waves above the
    threshold go at once, which ends at the same result: the median can only fall, so none of them
    would have stayed. Two cases that the paper leaves open: the rest after the last whole frame is a
    frame too, and frames that hold nothing but zeros do not count for the median.

    Args:
        samples: `(n,)` without offset.
        rate_hz: Their rate.

    Returns:
        `(n,)`, a copy.
    """
    frame_samples = max(1, round(_FRAME_S * rate_hz))
    signs = np.sign(samples)
    is_start = np.empty(samples.size, dtype=bool)
    is_start[1:] = signs[1:] != signs[:-1]
    is_start[::frame_samples] = True
    starts = np.flatnonzero(is_start)
    first_of_frame = np.searchsorted(starts, np.arange(0, samples.size, frame_samples))

    peaks = np.maximum.reduceat(np.abs(samples), starts)
    is_spike = np.zeros(starts.size, dtype=bool)
    frame_peaks = np.maximum.reduceat(peaks, first_of_frame)
    holds_sound = frame_peaks > 0
    if not holds_sound.any():
        return samples.copy()
    while np.any(found := peaks > _MOST_TIMES_MEDIAN * np.median(frame_peaks[holds_sound])):
        is_spike |= found
        peaks[found] = 0.0
        frame_peaks = np.maximum.reduceat(peaks, first_of_frame)
    return np.where(np.repeat(is_spike, np.diff(starts, append=samples.size)), 0.0, samples)
