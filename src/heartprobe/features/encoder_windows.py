"""Which windows an encoder gets: the settings of the audio section, held against the encoder's facts."""

from __future__ import annotations

import math

from heartprobe.config.schema import AudioConfig
from heartprobe.encoders.protocol import EncoderInfo
from heartprobe.errors import ConfigError
from heartprobe.signal.front_end import FrontEnd


def resolve_front_end(audio: AudioConfig, info: EncoderInfo) -> tuple[FrontEnd, list[str]]:
    """Return how recordings become windows for this encoder.

    Encoders that were made for heart sounds hear every recording at its own speed, whatever
    `audio.time_scale` and `audio.sample_rate` say.

    Returns:
        The front end, and a sentence for each setting that does not apply.

    Raises:
        ConfigError: `audio.sample_rate` is not the encoder's, or a window is too short or too long for it.
    """
    time_scale, notes = audio.time_scale, []
    if info.hears_heart_rate_sound:
        time_scale, notes = 1.0, _settings_that_do_not_apply(audio, info)
    elif audio.sample_rate not in (None, info.rate_hz):
        raise ConfigError(
            f"audio.sample_rate is {audio.sample_rate} Hz, but {info.name} expects {info.rate_hz} Hz. "
            f"Leave audio.sample_rate out, or set it to {info.rate_hz}."
        )
    front_end = FrontEnd.of(audio, info.rate_hz, time_scale=time_scale)
    _check_window(front_end, info)
    return front_end, notes


def _settings_that_do_not_apply(audio: AudioConfig, info: EncoderInfo) -> list[str]:
    notes = []
    if audio.time_scale != 1:
        notes.append(
            f"audio.time_scale = {audio.time_scale:g} does not apply to {info.name}, "
            "which was made for heart sounds at their own speed; 1 is used."
        )
    if audio.sample_rate not in (None, info.rate_hz):
        notes.append(
            f"audio.sample_rate = {audio.sample_rate} does not apply to {info.name}, "
            f"which was made for heart sounds at {info.rate_hz} Hz; {info.rate_hz} is used."
        )
    return notes


def _check_window(front_end: FrontEnd, info: EncoderInfo) -> None:
    n_samples = front_end.window_samples
    if n_samples < info.min_samples:
        limit, samples, word, round_up = "at least", info.min_samples, "at most", True
    elif info.max_samples is not None and n_samples > info.max_samples:
        limit, samples, word, round_up = "at most", info.max_samples, "at least", False
    else:
        return
    duration_s = _rounded(samples * front_end.time_scale / info.rate_hz, up=round_up)
    other_way = ""
    if not info.hears_heart_rate_sound:
        time_scale = _rounded(front_end.duration_s * info.rate_hz / samples, up=not round_up)
        other_way = f", or audio.time_scale to {word} {time_scale:g}"
    raise ConfigError(
        f"audio.duration = {front_end.duration_s:g} s with audio.time_scale = {front_end.time_scale:g} makes windows "
        f"of {n_samples} samples at {info.rate_hz} Hz, but {info.name} needs {limit} {samples}. "
        f"Set audio.duration to {limit} {duration_s:g}{other_way}."
    )


def _rounded(value: float, *, up: bool) -> float:
    """Round to milliseconds towards what fits; a value that is exact but for float noise stays."""
    thousands = round(value * 1000, 6)
    return (math.ceil(thousands) if up else math.floor(thousands)) / 1000
