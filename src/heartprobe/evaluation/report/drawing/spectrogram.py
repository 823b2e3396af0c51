"""The spectrogram of a recording: which pitches sound when."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from heartprobe.audio.sound import Audio
from heartprobe.evaluation.report.drawing.plot import image, plot
from heartprobe.evaluation.report.drawing.png import png_address
from heartprobe.evaluation.report.drawing.scale import Axis, Frame
from heartprobe.evaluation.report.markup import Html

#: Heart sounds and murmurs lie below; above it there is hardly anything but noise.
HIGHEST_HZ: Final = 1000.0

#: Some heartbeats: more could not be told apart in a small drawing.
SHOWN_S: Final = 4.0

#: Width and height of the drawing: as wide as the other small ones, and lower.
SIZE: Final = (180.0, 148.0)

_WINDOW_S: Final = 0.05
_HOP_S: Final = 0.016

#: What is drawn, from the loudest downwards.
_RANGE_DB: Final = 60.0


def spectrogram(audio: Audio, alt: str) -> Html:
    """Return the drawing of the middle of a recording, up to 1 kHz.

    Args:
        audio: The recording.
        alt: Which one it is, for those who cannot see it.
    """
    shown_s = min(SHOWN_S, audio.duration_s)
    frame = Frame(
        Axis("s", 0.0, shown_s, (0.0, round(shown_s / 2, 1), round(shown_s, 1))),
        Axis("kHz", 0.0, HIGHEST_HZ / 1000),
        *SIZE,
    )
    return plot(frame, [image(frame, png_address(loudness(audio)))], alt)


def loudness(audio: Audio, shown_s: float = SHOWN_S) -> NDArray[np.float64]:
    """Return how loud each pitch is at each moment of the middle of a recording.

    Pitches are raised by 6 dB per octave, as differentiation does: a murmur at 400 Hz may be 40 dB softer than the
    heart sounds below it, and would not be seen beside them.

    Args:
        audio: The recording.
        shown_s: How much of its middle.

    Returns:
        Shape `(pitches, moments)`, the highest pitch first: 1 is the loudest, 0 what is 60 dB below it or
        less, and what a low sampling rate cannot hold.
    """
    n_shown = min(audio.samples.size, round(shown_s * audio.rate_hz))
    start = (audio.samples.size - n_shown) // 2
    samples = audio.samples[start : start + n_shown].astype(np.float64)
    length = max(2, round(_WINDOW_S * audio.rate_hz))
    transform = ShortTimeFFT(hann(length, sym=False), hop=max(1, round(_HOP_S * audio.rate_hz)), fs=audio.rate_hz)
    # Windows that reach beyond the ends would show the cut as a click.
    first, end = transform.lower_border_end[1], transform.upper_border_begin(n_shown)[1]
    power = transform.spectrogram(samples - samples.mean(), p0=first, p1=end)
    pitches = np.arange(0.0, HIGHEST_HZ, 1 / _WINDOW_S)
    known = power[: len(pitches)]
    raised = known * (pitches[: len(known), np.newaxis] / HIGHEST_HZ) ** 2
    decibels = 10 * np.log10(np.maximum(raised, np.finfo(float).tiny))
    shares = np.zeros((len(pitches), power.shape[1]))
    shares[: len(known)] = np.clip(1 + (decibels - decibels.max()) / _RANGE_DB, 0, 1)
    return shares[::-1]
