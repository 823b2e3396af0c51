"""Which windows an encoder gets: the settings of the audio section, held against the encoder's facts."""

from __future__ import annotations

import math

from heartprobe.config.schema import AudioConfig
from heartprobe.encoders.protocol import EncoderInfo
from heartprobe.errors import ConfigError
from heartprobe.signal.front_end import FrontEnd


def resolve_front_ends(audio: AudioConfig, info: EncoderInfo) -> tuple[tuple[FrontEnd, ...], list[str]]:
    """Return how recordings become windows for this encoder: one way for each time scale to choose from.

    Encoders that were made for heart sounds hear every recording at its own speed, whatever
    `audio.time_scale` and `audio.sample_rate` say.

    Returns:
        The front ends, in the order of `audio.time_scale`, and a sentence for each setting that does not apply.

    Raises:
        ConfigError: `audio.sample_rate` is not the encoder's, or a window is too short or too long for it.
    """
    time_scales, notes = _time_scales(audio), []
    if info.hears_heart_rate_sound:
        time_scales, notes = (1.0,), _settings_that_do_not_apply(audio, info)
    elif audio.sample_rate not in (None, info.rate_hz):
        raise ConfigError(
            f"audio.sample_rate is {audio.sample_rate} Hz, but {info.name} expects {info.rate_hz} Hz. "
            f"Leave audio.sample_rate out, or set it to {info.rate_hz}."
        )
    front_ends = tuple(FrontEnd.of(audio, info.rate_hz, time_scale=time_scale) for time_scale in time_scales)
    for front_end in front_ends:
        _check_window(front_end, info)
    return front_ends, notes


def resolve_front_end(audio: AudioConfig, info: EncoderInfo) -> tuple[FrontEnd, list[str]]:
    """Return what `resolve_front_ends` does, where there must be nothing to choose.

    Raises:
        ConfigError: As `resolve_front_ends`, or `audio.time_scale` leaves several to choose from.
    """
    front_ends, notes = resolve_front_ends(audio, info)
    if len(front_ends) > 1:
        raise ConfigError(
            f"audio.time_scale = {_shown(audio)} leaves several to choose from, which only a probe on the frozen "
            "encoder can do. Name one of them, or leave the encoder frozen."
        )
    return front_ends[0], notes


def _time_scales(audio: AudioConfig) -> tuple[float, ...]:
    """Return the time scales that the settings name, each once and in their order."""
    named = audio.time_scale if isinstance(audio.time_scale, tuple) else (audio.time_scale,)
    return tuple(dict.fromkeys(named))


def _settings_that_do_not_apply(audio: AudioConfig, info: EncoderInfo) -> list[str]:
    notes = []
    if _time_scales(audio) != (1,):
        notes.append(
            f"audio.time_scale = {_shown(audio)} does not apply to {info.name}, "
            "which was made for heart sounds at their own speed; 1 is used."
        )
    if audio.sample_rate not in (None, info.rate_hz):
        notes.append(
            f"audio.sample_rate = {audio.sample_rate} does not apply to {info.name}, "
            f"which was made for heart sounds at {info.rate_hz} Hz; {info.rate_hz} is used."
        )
    return notes


def _shown(audio: AudioConfig) -> str:
    named = [f"{time_scale:g}" for time_scale in _time_scales(audio)]
    return f"[{', '.join(named)}]" if len(named) > 1 else named[0]


def _check_window(front_end: FrontEnd, info: EncoderInfo) -> None:
    if front_end.windows == "whole":
        # What is read lasts a second at least, which every encoder takes.
        if info.max_samples is not None:
            raise ConfigError(
                f"audio.windows = whole makes windows as long as the recordings, but {info.name} takes no more than "
                f"{info.max_samples} samples at {info.rate_hz} Hz. Set audio.windows to all and audio.duration to at "
                f"most {_rounded(info.max_samples * front_end.time_scale / info.rate_hz, up=False):g}."
            )
        return
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
