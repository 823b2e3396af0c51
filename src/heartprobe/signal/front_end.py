"""The whole way from a recording to its windows, and the settings that decide it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.config.schema import AudioConfig
from heartprobe.errors import AudioError, ConfigError
from heartprobe.signal.bandpass import bandpass
from heartprobe.signal.equalisation import equalise
from heartprobe.signal.normalisation import Normalisation, normalise, remove_offset
from heartprobe.signal.resampling import resample
from heartprobe.signal.spikes import remove_spikes
from heartprobe.signal.windows import Placement, cut, is_short, window_starts

#: What is left after cleaning is rounding errors when it is a millionth (-120 dB) of what was there.
_NOTHING_LEFT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The windows of one recording.

    Attributes:
        samples: `(windows, window_samples)`, float32; one window with `"whole"`.
        starts_s: `(windows,)`, where each starts, in seconds of the recording.
        is_repeated: Whether more than a tenth of the only window was filled by repeating the
            recording, because it is shorter.
    """

    samples: NDArray[np.float32]
    starts_s: NDArray[np.float64]
    is_repeated: bool


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Everything that decides the windows of a recording, as plain values.

    Attributes:
        rate_hz: Sampling rate that the encoder expects.
        time_scale: How many times faster the recording is played to the encoder.
        duration_s: Length of a window, in seconds of the recording; of no effect with `"whole"`.
        windows: `"all"`, `"centre"` or `"whole"`.
        normalise: `"standard"`, `"peak"` or `"none"`.
        bandpass_hz: Lower and upper corner in Hz of the recording, or `None`.
        remove_spikes: Whether friction spikes are removed.
        equalise: Whether the recording's own long-term spectrum is taken out; bundles from before there was this
            choice do not name it.

    Raises:
        ConfigError: for a window of less than two samples, or corners that are out of order or
            beyond half the rate at which the recording is heard.
    """

    rate_hz: int
    time_scale: float
    duration_s: float
    windows: Placement
    normalise: Normalisation
    bandpass_hz: tuple[float, float] | None
    remove_spikes: bool
    equalise: bool = False

    def __post_init__(self) -> None:
        if min(self.rate_hz, self.time_scale, self.duration_s) <= 0 or self.window_samples < 2:
            raise ConfigError(
                f"audio: a window of {self.duration_s:g} s at {self.rate_hz} Hz and time_scale {self.time_scale:g} "
                "is empty; choose positive values, and a longer audio.duration or a smaller audio.time_scale."
            )
        if self.bandpass_hz is not None:
            low, high = self.bandpass_hz
            # JSON has no tuples; equal settings shall be equal.
            object.__setattr__(self, "bandpass_hz", (float(low), float(high)))
            if not 0 < low < high < self.recording_rate_hz / 2:
                raise ConfigError(
                    f"audio.bandpass_hz: the corners {low:g} and {high:g} Hz do not fit; "
                    f"0 < low < high < {self.recording_rate_hz / 2:g} Hz was expected, half of the "
                    f"{self.recording_rate_hz:g} Hz at which the recording is heard ({self.rate_hz} Hz of the encoder "
                    f"/ time_scale {self.time_scale:g}); lower the upper corner or audio.time_scale."
                )

    @classmethod
    def of(cls, audio: AudioConfig, rate_hz: int, *, time_scale: float) -> FrontEnd:
        """Return the front end of a configuration for an encoder.

        Args:
            audio: The settings; its `sample_rate` and `time_scale` do not count here.
            rate_hz: Rate that the encoder expects.
            time_scale: The one that applies to the encoder, which may be 1 whatever the settings say.
        """
        return cls(
            rate_hz=rate_hz,
            time_scale=time_scale,
            duration_s=audio.duration,
            windows=audio.windows,
            normalise=audio.normalise,
            bandpass_hz=audio.bandpass_hz,
            remove_spikes=audio.remove_spikes,
            equalise=audio.equalise,
        )

    @property
    def recording_rate_hz(self) -> float:
        """Samples per second of the recording after resampling; need not be a whole number."""
        return self.rate_hz / self.time_scale

    @property
    def window_samples(self) -> int:
        """Samples of a window; those of `"whole"` recordings differ."""
        return round(self.duration_s * self.rate_hz / self.time_scale)

    def cut(self, audio: Audio) -> Windows:
        """Resample and clean the whole recording, then cut it into windows.

        Raises:
            AudioError: of kind `"silent"` where nothing is left of the sound after cleaning.
        """
        samples = self._clean(audio)
        length = samples.size if self.windows == "whole" else self.window_samples
        starts = window_starts(samples.size, length, self.windows)
        return Windows(
            samples=cut(samples, length, starts),
            starts_s=np.asarray(starts, dtype=np.float64) / self.recording_rate_hz,
            is_repeated=is_short(samples.size, length),
        )

    def _clean(self, audio: Audio) -> NDArray[np.float64]:
        samples = remove_offset(audio.samples.astype(np.float64))
        loudness = samples.std()
        samples = resample(samples, audio.rate_hz, self.recording_rate_hz)
        # Before the band-pass, whose slopes it would take for a part of the recording and undo.
        if self.equalise:
            samples = equalise(samples, self.recording_rate_hz)
        # Spikes end at zero crossings, so what drifts slowly has to be filtered out before.
        if self.bandpass_hz is not None:
            samples = bandpass(samples, self.recording_rate_hz, *self.bandpass_hz)
        if self.remove_spikes:
            samples = remove_spikes(samples, self.recording_rate_hz)
        if not samples.std() > _NOTHING_LEFT * loudness:
            raise AudioError(
                f"{audio.name} is silent between the frequencies that are kept: nothing is left after cleaning; "
                "check audio.bandpass_hz, audio.remove_spikes and audio.time_scale, or leave the recording out.",
                kind="silent",
            )
        return normalise(samples, self.normalise)
