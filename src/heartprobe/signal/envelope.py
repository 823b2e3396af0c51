"""How loud the heart is from moment to moment, and how much of that comes again with every beat.

S. E. Schmidt, C. Holst-Hansen, C. Graff, E. Toft, J. J. Struijk: Segmentation of heart sound
recordings by a duration-dependent hidden Markov model. Physiological Measurement 31 (2010)
513-529, doi:10.1088/0967-3334/31/4/004; D. B. Springer, L. Tarassenko, G. D. Clifford: Logistic
Regression-HSMM-based Heart Sound Segmentation. IEEE Trans. Biomed. Eng. 63 (2016) 822-832,
doi:10.1109/TBME.2015.2475278.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.signal.bandpass import bandpass
from heartprobe.signal.normalisation import remove_offset
from heartprobe.signal.resampling import resample
from heartprobe.signal.spikes import remove_spikes

#: Samples of an envelope per second: its fastest changes are a few hundredths of a second long.
ENVELOPE_HZ: Final = 100

#: From both papers: the band of heart sounds, and the low-pass that makes an envelope of the log magnitude.
_BAND_HZ = (25.0, 400.0)
_SMOOTHING_HZ = 8.0

#: Enough for the band, and a multiple of the envelope's rate.
_RATE_HZ = 2000

#: What the magnitude is held above before its logarithm, relative to the sound's level: -60 dB.
_FLOOR = 1e-3

#: The autocorrelation is taken over stretches of six seconds that overlap by half, and is the median of them: one
#: disturbance spoils one or two, and a rate that wanders over a minute still has one value in each.
_STRETCH_S, _STEP_S = 6.0, 3.0


def heart_envelope(audio: Audio, *, keeps_spikes: bool = False) -> NDArray[np.float64]:
    """Return the homomorphic envelope of a recording between 25 and 400 Hz, without friction spikes.

    It is the exponential of the smoothed logarithm of the analytic signal's magnitude. Its scale
    is that of the recording.

    Args:
        audio: The recording.
        keeps_spikes: Whether friction spikes are left in. Where the heart is slow and the pauses are quiet, the
            removal takes parts of heart sounds for spikes: they still come as often, but are loudest elsewhere.

    Returns:
        `(round(duration_s * ENVELOPE_HZ),)`, positive; all zeros where nothing lies in the band.
    """
    # Importing it takes half a second.
    from scipy.fft import next_fast_len
    from scipy.signal import butter, hilbert, sosfiltfilt

    samples = resample(remove_offset(audio.samples.astype(np.float64)), audio.rate_hz, _RATE_HZ)
    heard = bandpass(samples, _RATE_HZ, *_BAND_HZ)
    if not keeps_spikes:
        heard = remove_spikes(heard, _RATE_HZ)
    floor = _FLOOR * heard.std()
    if floor == 0:
        return np.zeros(heard.size * ENVELOPE_HZ // _RATE_HZ)
    magnitude = np.abs(hilbert(heard, next_fast_len(heard.size))[: heard.size])
    smooth = sosfiltfilt(butter(1, _SMOOTHING_HZ, output="sos", fs=_RATE_HZ), np.log(magnitude + floor))
    return np.asarray(np.exp(smooth[:: _RATE_HZ // ENVELOPE_HZ]))


def contrast(envelope: NDArray[np.float64]) -> float:
    """Return how many times louder the loud moments are than the quiet ones: 90th over 10th percentile.

    1.2 to 1.5 for steady noise, 1 for a steady tone and for nothing at all.
    """
    quiet, loud = np.percentile(envelope, (10, 90))
    return float(loud / quiet) if quiet > 0 else 1.0


def periodicity(envelope: NDArray[np.float64], longest_s: float) -> NDArray[np.float64]:
    """Return how much an envelope resembles itself after each lag.

    Args:
        envelope: `(n,)`.
        longest_s: Longest lag; in short recordings lags end at half the recording.

    Returns:
        `(lags,)`, 1 at lag 0, about 0 for what does not come again; lag `i` is `i / ENVELOPE_HZ`
        seconds. All zeros where the envelope never changes.
    """
    length = min(envelope.size, round(_STRETCH_S * ENVELOPE_HZ))
    n_lags = min(round(longest_s * ENVELOPE_HZ), length // 2) + 1
    starts = range(0, envelope.size - length + 1, round(_STEP_S * ENVELOPE_HZ))
    stretches = np.stack([envelope[start : start + length] for start in starts])
    stretches = stretches - stretches.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(stretches, 2 * length, axis=1)) ** 2
    products = np.fft.irfft(power, axis=1)[:, :n_lags]
    changes = products[:, 0] > 0
    if not changes.any():
        return np.zeros(n_lags)
    # Long lags have fewer products, which must not make them look less alike.
    shares = products[changes] / products[changes, :1] * (length / (length - np.arange(n_lags)))
    return np.asarray(np.median(shares, axis=0))
