"""Tests of the whole way from a recording to its windows."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from broken_audio import broken_audio, heartlike_sound
from heartprobe.audio import Audio, read_audio
from heartprobe.config.schema import AudioConfig
from heartprobe.errors import AudioError, ConfigError
from heartprobe.signal import FrontEnd

#: 4 kHz samples handed over as if they had 16 kHz, in windows of one second.
FRONT_END = FrontEnd(
    rate_hz=16_000,
    time_scale=4.0,
    duration_s=1.0,
    windows="all",
    normalise="standard",
    bandpass_hz=None,
    remove_spikes=False,
)


def sound(duration_s: float = 3.0, rate_hz: int = 4000, seed: int = 1) -> Audio:
    samples = heartlike_sound(np.random.default_rng(seed), duration_s * rate_hz / 4000)
    return Audio(samples.astype(np.float32), rate_hz)


EVERYTHING = {
    "standard": FRONT_END,
    "peak": replace(FRONT_END, normalise="peak"),
    "time_scale 1": replace(FRONT_END, time_scale=1.0),
    "time_scale 3": replace(FRONT_END, time_scale=3.0),
    "bandpass": replace(FRONT_END, bandpass_hz=(25.0, 400.0)),
    "spikes": replace(FRONT_END, remove_spikes=True),
    "equalised": replace(FRONT_END, equalise=True),
    "all of it": replace(FRONT_END, time_scale=2.0, bandpass_hz=(25.0, 400.0), remove_spikes=True, equalise=True),
    "centre": replace(FRONT_END, windows="centre"),
}


def test_time_scale_4_hands_over_the_samples_of_4_khz_exactly() -> None:
    """No resampling, no change of a bit: the offset is 0 and nothing else is asked for."""
    samples = np.tile(np.array([0.5, -0.25, 0.125, -0.375], np.float32), 3000)

    windows = replace(FRONT_END, normalise="none").cut(Audio(samples, 4000))

    assert windows.samples.shape == (3, 4000)
    assert np.array_equal(windows.samples.reshape(-1), samples)
    assert windows.starts_s.tolist() == [0.0, 1.0, 2.0]
    assert windows.is_repeated is False


@pytest.mark.parametrize(
    ("rate_hz", "time_scale", "duration_s", "expected"),
    [(16_000, 4, 20, 80_000), (16_000, 1, 5, 80_000), (16_000, 3, 1, 5333), (4000, 1, 5, 20_000)],
)
def test_a_window_lasts_its_duration_of_the_recording(
    rate_hz: int, time_scale: float, duration_s: float, expected: int
) -> None:
    """Seconds are those of the recording, whatever the time scale."""
    front_end = replace(FRONT_END, rate_hz=rate_hz, time_scale=time_scale, duration_s=duration_s)

    assert front_end.window_samples == expected
    assert front_end.cut(sound(20.0)).samples.shape[1] == expected


@pytest.mark.parametrize("duration_s", [1.0, 3.5])
def test_a_whole_recording_is_one_window_of_its_own_length(duration_s: float) -> None:
    """Nothing is cut off, nothing repeated, whatever the duration of a window is set to."""
    windows = replace(FRONT_END, windows="whole").cut(sound(duration_s))

    assert windows.samples.shape == (1, duration_s * 4000)
    assert windows.starts_s.tolist() == [0.0]
    assert windows.is_repeated is False


def test_starts_are_seconds_of_the_recording() -> None:
    """3.5 s in windows of 1 s: the last is shifted back to 2.5 s, at every time scale."""
    for time_scale in (1.0, 2.0, 4.0):
        windows = replace(FRONT_END, time_scale=time_scale).cut(sound(3.5))

        assert windows.starts_s.tolist() == [0.0, 1.0, 2.0, 2.5]


def test_the_last_window_ends_with_the_recording() -> None:
    """Its last sample is the recording's last."""
    audio = sound(3.5)
    whole = replace(FRONT_END, duration_s=3.5).cut(audio)

    assert FRONT_END.cut(audio).samples[-1].tolist() == whole.samples[0, -4000:].tolist()


def test_a_short_recording_is_repeated_and_flagged() -> None:
    """1.5 s fill a window of 2 s; 1.9 s fill it as well, but nobody needs to be told."""
    front_end = replace(FRONT_END, duration_s=2.0)

    short, nearly = front_end.cut(sound(1.5)), front_end.cut(sound(1.9))

    assert (short.samples.shape, short.is_repeated) == ((1, 8000), True)
    assert short.samples[0, 6000:].tolist() == short.samples[0, :2000].tolist()
    assert (nearly.samples.shape, nearly.is_repeated) == ((1, 8000), False)


def test_the_centre_window_is_the_middle_of_the_recording() -> None:
    """Of 3 s the second from 1 to 2 s, normalised over the whole recording."""
    audio = sound(3.0)

    centre = replace(FRONT_END, windows="centre").cut(audio)

    assert centre.starts_s.tolist() == [1.0]
    assert np.array_equal(centre.samples[0], FRONT_END.cut(audio).samples[1])


def test_standard_normalises_the_recording_and_not_each_window() -> None:
    """A quiet half stays quiet."""
    samples = sound(2.0).samples.copy()
    samples[:4000] *= 0.1

    windows = FRONT_END.cut(Audio(samples, 4000)).samples

    assert windows.mean() == pytest.approx(0.0, abs=1e-6)
    assert windows.std() == pytest.approx(1.0, abs=1e-6)
    assert windows[0].std() < 0.2 * windows[1].std()


@pytest.mark.parametrize("front_end", EVERYTHING.values(), ids=EVERYTHING.keys())
@pytest.mark.parametrize("gain", [1e-20, 1e-3, 0.5, 100.0])
def test_loudness_does_not_matter(front_end: FrontEnd, gain: float) -> None:
    """A recording that was made with another gain gives the same windows."""
    audio = sound()
    other = Audio((audio.samples * np.float32(gain)).astype(np.float32), audio.rate_hz)

    np.testing.assert_allclose(front_end.cut(other).samples, front_end.cut(audio).samples, atol=1e-5)


@pytest.mark.parametrize("front_end", EVERYTHING.values(), ids=EVERYTHING.keys())
def test_an_offset_does_not_matter(front_end: FrontEnd) -> None:
    """It is gone before anything could make it ring at the ends."""
    audio = sound()
    other = Audio(audio.samples + np.float32(0.5), audio.rate_hz)

    np.testing.assert_allclose(front_end.cut(other).samples, front_end.cut(audio).samples, atol=1e-4)


@pytest.mark.parametrize("front_end", EVERYTHING.values(), ids=EVERYTHING.keys())
def test_the_same_recording_gives_the_same_bits(front_end: FrontEnd) -> None:
    """And the recording is left as it was."""
    audio = sound()
    before = audio.sha256()

    first, second = front_end.cut(audio), front_end.cut(audio)

    assert np.array_equal(first.samples, second.samples)
    assert first.samples.dtype == np.float32
    assert first.samples.flags.c_contiguous
    assert first.samples.flags.writeable
    assert audio.sha256() == before


def test_wav_and_flac_give_the_same_windows(tmp_path: Path) -> None:
    """The container does not matter."""
    pcm = (sound().samples * 32767).astype(np.int16)
    soundfile.write(tmp_path / "x.wav", pcm, 4000)
    soundfile.write(tmp_path / "x.flac", pcm, 4000)
    front_end = EVERYTHING["all of it"]

    wav, flac = (front_end.cut(read_audio(tmp_path / name)) for name in ("x.wav", "x.flac"))

    assert np.array_equal(wav.samples, flac.samples)


@pytest.mark.parametrize("file", [f for f in broken_audio() if f.name.startswith("valid-")], ids=lambda f: f.name)
def test_unusual_formats_give_almost_the_same_windows(file, tmp_path: Path) -> None:
    """8, 16, 24, 32 bits, float, logarithmic, stereo at 44.1 kHz: one sound, up to the rounding of each format."""
    (tmp_path / file.name).write_bytes(file.content)
    expected = FRONT_END.cut(Audio(heartlike_sound(np.random.default_rng(0)).astype(np.float32), 4000)).samples

    windows = FRONT_END.cut(read_audio(tmp_path / file.name)).samples

    assert windows.shape == (2, 4000)
    correlation = np.corrcoef(windows.reshape(-1), expected.reshape(-1))[0, 1]
    assert correlation > 0.995


def test_spikes_are_removed_after_the_band_pass() -> None:
    """A knock on top of a slow drift: without the filter no zero crossing would bound it."""
    samples = sound(4.0).samples.copy()
    time = np.arange(samples.size) / 4000
    drifting = samples + 3 * np.sin(2 * np.pi * 0.4 * time).astype(np.float32)
    drifting[2400:2404] += 60
    quiet = replace(FRONT_END, normalise="none", duration_s=4.0, bandpass_hz=(25.0, 400.0))

    cleaned = replace(quiet, remove_spikes=True).cut(Audio(drifting, 4000)).samples[0]
    knocked = quiet.cut(Audio(drifting, 4000)).samples[0]

    assert np.abs(knocked).max() > 5
    assert np.abs(cleaned).max() < 3.1 * np.abs(quiet.cut(Audio(samples, 4000)).samples).max()
    assert np.count_nonzero(np.abs(cleaned - knocked) > 0.1) < 400


def test_nothing_left_after_cleaning_is_silence() -> None:
    """Of a tone of 1750 Hz rounding errors are left at a rate of 1000 Hz; they must not be blown up."""
    tone = np.sin(2 * np.pi * 1750 * np.arange(16_000) / 4000)
    tone *= np.hanning(tone.size)
    audio = Audio(tone.astype(np.float32), 4000, "tone.wav")

    with pytest.raises(AudioError, match=r"tone\.wav is silent between the frequencies that are kept") as caught:
        replace(FRONT_END, time_scale=16.0).cut(audio)

    assert caught.value.kind == "silent"


def test_a_front_end_comes_from_the_settings() -> None:
    """Rate and time scale are those of the encoder."""
    settings = AudioConfig(
        duration=7.5,
        windows="centre",
        normalise="peak",
        bandpass_hz=(25, 400),
        remove_spikes=True,
        equalise=True,
        time_scale=4,
    )

    assert FrontEnd.of(settings, 8000, time_scale=2) == FrontEnd(8000, 2, 7.5, "centre", "peak", (25, 400), True, True)


def test_a_front_end_survives_json() -> None:
    """Bundles hold it as plain values; equal ones hash alike."""
    front_end = EVERYTHING["all of it"]

    restored = FrontEnd(**json.loads(json.dumps(asdict(front_end))))

    assert restored == front_end
    assert hash(restored) == hash(front_end)


def test_a_front_end_from_before_there_was_equalisation_has_none() -> None:
    """Bundles that do not name it are read as they were meant."""
    fields = asdict(FRONT_END)
    del fields["equalise"]

    assert FrontEnd(**fields) == FRONT_END


def test_equalising_leaves_the_band_pass_alone() -> None:
    """What the band-pass takes away is not raised again: 600 Hz and more stay 30 dB below 100 to 300 Hz."""
    front_end = replace(FRONT_END, duration_s=3.0, bandpass_hz=(25.0, 300.0), equalise=True)
    power = np.abs(np.fft.rfft(front_end.cut(sound(3.0)).samples[0])) ** 2
    hz = np.fft.rfftfreq(12_000, 1 / 4000)

    assert power[hz > 600].mean() < 1e-3 * power[(hz > 100) & (hz < 300)].mean()


@pytest.mark.parametrize("corners", [(25.0, 2000.0), (25.0, 3000.0), (400.0, 25.0), (0.0, 400.0)])
def test_corners_beyond_half_the_rate_are_refused(corners: tuple[float, float]) -> None:
    """The message computes the limit and names what can be changed."""
    with pytest.raises(ConfigError) as caught:
        replace(FRONT_END, bandpass_hz=corners)

    assert str(caught.value) == (
        f"audio.bandpass_hz: the corners {corners[0]:g} and {corners[1]:g} Hz do not fit; 0 < low < high < 2000 Hz "
        "was expected, half of the 4000 Hz at which the recording is heard (16000 Hz of the encoder / time_scale 4); "
        "lower the upper corner or audio.time_scale."
    )


@pytest.mark.parametrize("change", [{"duration_s": 0.0001}, {"duration_s": 0}, {"time_scale": 0}, {"rate_hz": 0}])
def test_an_empty_window_is_refused(change: dict[str, float]) -> None:
    """Less than two samples are no window."""
    with pytest.raises(ConfigError, match=r"audio: a window of .* is empty"):
        replace(FRONT_END, **change)


@pytest.mark.real_data
def test_every_recording_of_bmd_hs_is_one_window_of_20_s(shared: Path) -> None:
    """864 + 8 recordings; the one of 15 s is repeated, and no other."""
    front_end = replace(FRONT_END, duration_s=20.0)
    paths = sorted((shared / "data" / "bmd-hs" / "train").iterdir())
    windows = [front_end.cut(read_audio(path)) for path in paths]

    assert {w.samples.shape for w in windows} == {(1, 80_000)}
    assert sum(w.is_repeated for w in windows) == 1
