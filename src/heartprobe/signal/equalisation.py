"""Take a recording's own long-term spectrum out.

Chest, stethoscope, amplifier and room stand between the heart and the recording like one filter that does not
change. What all sounds of a recording have in common is that filter times the heart's average spectrum; divided by
it, only what varies within the recording is left.

A stationary filter adds to the mean over time of the logarithm of the spectrum, and a filter made of that mean takes
it out again: T. G. Stockham, T. M. Cannon, R. B. Ingebretsen: Blind deconvolution through digital signal processing.
Proceedings of the IEEE 63 (1975) 678-692, doi:10.1109/PROC.1975.9800. Of features it is known as cepstral mean
subtraction: S. Furui: Cepstral analysis technique for automatic speaker verification. IEEE Transactions on Acoustics,
Speech, and Signal Processing 29 (1981) 254-272, doi:10.1109/TASSP.1981.1163530.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Length of a Hann frame; the next one begins in its middle. It sets the resolution: what is divided by is smooth
#: over 23 Hz (1.5 / 64 ms), and a sound is spread by little more than 64 ms to either side.
_FRAME_S = 0.064

#: Where heart sounds are, and where the filter falls to nothing. Below lies drift. Above lies little but noise, and
#: whether there is anything depends on the recorder: of a recording of 2 kHz nothing is left above 920 Hz.
_PASSED_HZ = 20.0, 900.0
_STOPPED_HZ = 10.0, 1000.0

#: Added to the power of every frequency, in dB of the loudest one, so that what a stethoscope does not pass is not
#: raised without end: 16 bits reach down to about -95 dB.
_FLOOR_DB = -80.0

#: Frames with less of the loudest frame's power are digital silence and do not count.
_SILENCE = 1e-10

#: Keeps the logarithm of an empty frequency finite; far below the floor.
_NOTHING = 1e-14


def equalise(samples: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Filter a recording so that in the long run all frequencies from 20 to 900 Hz are as loud as the loudest.

    The filter has no phase, so nothing moves in time. A gain in front stays a gain; of a smooth stationary filter
    in front no more is left than what floor and resolution let through. Beyond 10 Hz and 1 kHz nothing is left.

    Args:
        samples: `(n,)` without offset; at least 64 ms.
        rate_hz: Their rate.

    Returns:
        `(n,)`.
    """
    frame = round(_FRAME_S * rate_hz)
    level = long_term_level(samples, frame)
    hz = np.arange(level.size) * rate_hz / frame
    is_heard = (hz > _STOPPED_HZ[0]) & (hz < _STOPPED_HZ[1])
    hz, below_loudest = hz[is_heard], level[is_heard] - level[is_heard].max()
    floored = np.logaddexp(below_loudest, np.log(10) * _FLOOR_DB / 10)
    # Zeros behind the end, for what the filter spreads over both ends.
    n_transform = _quick_length(samples.size + 2 * frame)
    frequencies_hz = np.asarray(np.fft.rfftfreq(n_transform, 1 / rate_hz), dtype=np.float64)
    gain = np.exp(-np.interp(frequencies_hz, hz, floored) / 2) * _band(frequencies_hz)
    return np.fft.irfft(np.fft.rfft(_faded(samples, frame), n_transform) * gain, n_transform)[: samples.size]


def _faded(samples: NDArray[np.float64], frame: int) -> NDArray[np.float64]:
    """Fade half a frame in and out: a recording that begins or ends off zero would click in all frequencies."""
    faded = samples.copy()
    fade = np.sin(np.pi / 2 * (np.arange(frame // 2) + 0.5) / (frame // 2)) ** 2
    faded[: frame // 2] *= fade
    faded[samples.size - frame // 2 :] *= fade[::-1]
    return faded


def _band(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 where sound is passed and 0 where it is stopped, with half a cosine in between."""
    corners = (_STOPPED_HZ[0], _PASSED_HZ[0], _PASSED_HZ[1], _STOPPED_HZ[1])
    share = np.interp(hz, corners, (0.0, 1.0, 1.0, 0.0))
    return np.asarray(np.sin(np.pi / 2 * share) ** 2)


def long_term_level(samples: NDArray[np.float64], frame: int) -> NDArray[np.float64]:
    """Return the mean over time of the natural logarithm of the power, `(frame // 2 + 1,)`.

    Args:
        samples: `(n,)` with `n >= frame`.
        frame: Samples of a frame.
    """
    taper = np.hanning(frame + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, frame)[:: max(1, frame // 2)]
    power = np.abs(np.fft.rfft(frames * taper)) ** 2
    loudness = power.sum(axis=1)
    power = power[loudness >= _SILENCE * loudness.max()]
    level: NDArray[np.float64] = np.log(power + _NOTHING * loudness.max() + np.finfo(float).tiny).mean(axis=0)
    return level


def _quick_length(at_least: int) -> int:
    """Return a length whose Fourier transform is quick."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(at_least, real=True))
