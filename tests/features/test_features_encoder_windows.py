from __future__ import annotations

from dataclasses import replace

import pytest
from counting_encoder import INFO

from heartprobe.config.schema import AudioConfig
from heartprobe.errors import ConfigError
from heartprobe.features.encoder_windows import resolve_front_end, resolve_front_ends

SPEECH = replace(INFO, name="speech", rate_hz=16000, min_samples=400, max_samples=480_000)
HEART = replace(INFO, name="logmel", rate_hz=4000, min_samples=4000, hears_heart_rate_sound=True)


def test_speech_encoder_hears_the_recording_as_it_is_set() -> None:
    """20 s at four times the speed are 5 s of 16 kHz."""
    front_end, notes = resolve_front_end(AudioConfig(duration=20, time_scale=4), SPEECH)
    assert (front_end.rate_hz, front_end.time_scale, front_end.window_samples) == (16000, 4, 80_000)
    assert notes == []


def test_the_encoders_own_rate_may_be_named() -> None:
    front_end, notes = resolve_front_end(AudioConfig(sample_rate=16000), SPEECH)
    assert front_end.rate_hz == 16000
    assert notes == []


def test_another_rate_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_front_end(AudioConfig(sample_rate=8000), SPEECH)
    assert str(caught.value) == (
        "audio.sample_rate is 8000 Hz, but speech expects 16000 Hz. Leave audio.sample_rate out, or set it to 16000."
    )


def test_encoder_for_heart_sounds_keeps_their_speed_and_says_so() -> None:
    front_end, notes = resolve_front_end(AudioConfig(duration=5, time_scale=4, sample_rate=16000), HEART)
    assert (front_end.rate_hz, front_end.time_scale, front_end.window_samples) == (4000, 1, 20_000)
    assert notes == [
        "audio.time_scale = 4 does not apply to logmel, which was made for heart sounds at their own speed; 1 is used.",
        "audio.sample_rate = 16000 does not apply to logmel, which was made for heart sounds at 4000 Hz; 4000 is used.",
    ]


def test_encoder_for_heart_sounds_is_silent_about_what_fits() -> None:
    assert resolve_front_end(AudioConfig(sample_rate=4000), HEART)[1] == []


def test_too_short_a_window_is_refused_with_what_would_fit() -> None:
    """0.1 s at time_scale 8 are 200 of the 400 samples: twice the duration or half the speed would do."""
    with pytest.raises(ConfigError) as caught:
        resolve_front_end(AudioConfig(duration=0.1, time_scale=8), SPEECH)
    assert str(caught.value) == (
        "audio.duration = 0.1 s with audio.time_scale = 8 makes windows of 200 samples at 16000 Hz, "
        "but speech needs at least 400. Set audio.duration to at least 0.2, or audio.time_scale to at most 4."
    )


def test_too_long_a_window_is_refused_with_what_would_fit() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_front_end(AudioConfig(duration=45, time_scale=1), SPEECH)
    assert str(caught.value).endswith(
        "but speech needs at most 480000. Set audio.duration to at most 30, or audio.time_scale to at least 1.5."
    )


@pytest.mark.parametrize(("duration", "time_scale"), [(0.1, 7.3), (0.013, 0.7), (119.9, 1.0), (61.7, 2.0)])
def test_what_the_message_proposes_does_fit(duration: float, time_scale: float) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_front_end(AudioConfig(duration=duration, time_scale=time_scale), SPEECH)
    words = str(caught.value).rstrip(".").replace(",", "").split()
    proposed_s = float(words[words.index("or") - 1])
    proposed_scale = float(words[-1])
    resolve_front_end(AudioConfig(duration=proposed_s, time_scale=time_scale), SPEECH)
    resolve_front_end(AudioConfig(duration=duration, time_scale=proposed_scale), SPEECH)


def test_encoder_for_heart_sounds_is_only_offered_another_duration() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_front_end(AudioConfig(duration=0.5), HEART)
    assert str(caught.value).endswith("but logmel needs at least 4000. Set audio.duration to at least 1.")


def test_whole_recordings_need_an_encoder_without_a_longest_window() -> None:
    """480 000 samples at 16 kHz and four times the speed are 120 s."""
    with pytest.raises(ConfigError) as caught:
        resolve_front_end(AudioConfig(windows="whole", time_scale=4), SPEECH)
    assert str(caught.value) == (
        "audio.windows = whole makes windows as long as the recordings, but speech takes no more than 480000 samples "
        "at 16000 Hz. Set audio.windows to all and audio.duration to at most 120."
    )
    assert resolve_front_end(AudioConfig(windows="whole"), HEART)[0].windows == "whole"


def test_each_time_scale_that_is_named_has_a_front_end() -> None:
    """Once, and in the order of the settings."""
    front_ends, notes = resolve_front_ends(AudioConfig(duration=20, time_scale=(4, 1, 4.0)), SPEECH)
    assert [(front_end.time_scale, front_end.window_samples) for front_end in front_ends] == [(4, 80_000), (1, 320_000)]
    assert notes == []


def test_encoder_for_heart_sounds_has_one_front_end_whatever_is_named() -> None:
    front_ends, notes = resolve_front_ends(AudioConfig(time_scale=(1, 2)), HEART)
    assert [front_end.time_scale for front_end in front_ends] == [1]
    assert notes == [
        "audio.time_scale = [1, 2] does not apply to logmel, "
        "which was made for heart sounds at their own speed; 1 is used."
    ]


def test_a_window_that_one_time_scale_makes_too_long_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"audio\.duration = 45 s with audio\.time_scale = 1 makes windows"):
        resolve_front_ends(AudioConfig(duration=45, time_scale=(4, 1)), SPEECH)


def test_where_one_front_end_is_needed_several_time_scales_are_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_front_end(AudioConfig(time_scale=(1, 2.5)), SPEECH)
    assert str(caught.value) == (
        "audio.time_scale = [1, 2.5] leaves several to choose from, which only a probe on the frozen encoder can do. "
        "Name one of them, or leave the encoder frozen."
    )
    assert resolve_front_end(AudioConfig(time_scale=(2,)), SPEECH)[0].time_scale == 2


def test_every_encoder_may_hear_equalised_recordings() -> None:
    for info in (SPEECH, HEART):
        for equalise in (False, True):
            front_end, notes = resolve_front_end(AudioConfig(equalise=equalise), info)
            assert front_end.equalise == equalise
            assert notes == []
