"""Keep the frequencies between two corners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Order of each slope, before it is run twice. Springer et al. (2016), Logistic Regression-HSMM-based Heart Sound
#: Segmentation, IEEE Trans. Biomed. Eng. 63:822, put such slopes at 25 and 400 Hz before everything else.
_ORDER = 2


def bandpass(samples: NDArray[np.float64], rate_hz: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Filter with a Butterworth band-pass forwards and backwards, so that no heart sound moves.

    Run twice, it halves the amplitude (-6 dB) at both corners.

    Args:
        samples: `(n,)` with at least two samples.
        rate_hz: Their rate.
        low_hz: Lower corner, above 0.
        high_hz: Upper corner, below `rate_hz / 2`.

    Returns:
        `(n,)`.
    """
    # Importing it takes half a second, and most front ends have no band-pass.
    from scipy.signal import butter, sosfiltfilt

    sections = butter(_ORDER, (low_hz, high_hz), btype="bandpass", output="sos", fs=rate_hz)
    # Both ends are continued by their mirror image for as long as the lower slope rings. scipy's default turns a
    # short one about the end instead, which makes an offset of a recording that ends off zero.
    ring_samples = round(2 * rate_hz / low_hz)
    return np.asarray(sosfiltfilt(sections, samples, padtype="even", padlen=min(samples.size - 1, ring_samples)))
