"""Tests of reading real files: what is in them comes out, and what is broken is named."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from broken_audio import BrokenFile, broken_audio, heartlike_sound, wav, write_broken_audio
from heartprobe.audio import AUDIO_ERROR_KINDS, Audio, decode_audio, read_audio
from heartprobe.errors import AudioError

FILES = list(broken_audio())


def written(folder: Path, content: bytes, name: str = "x.wav") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def error_of(path: Path) -> AudioError:
    with pytest.raises(AudioError) as caught:
        read_audio(path)
    return caught.value


def test_samples_come_out_as_they_were_stored(tmp_path: Path) -> None:
    """Full scale of 16 bits is 32768; nothing is normalised."""
    pcm = np.array([0, 16384, -32768, 8192] * 1000, "<i2").tobytes()

    audio = read_audio(written(tmp_path, wav(pcm)))

    assert audio.rate_hz == 4000
    assert audio.samples.dtype == np.float32
    assert audio.samples.shape == (4000,)
    assert audio.samples[:4].tolist() == [0.0, 0.5, -1.0, 0.25]
    assert audio.name == str(tmp_path / "x.wav")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (wav(b"\x80\xc0\x00\xa0" * 1000, bits=8), [0.0, 0.5, -1.0, 0.25]),
        (wav(b"\0\0\0\0\0\x40\0\0\x80\0\0\x20" * 1000, bits=24), [0.0, 0.5, -1.0, 0.25]),
        (wav(np.array([0, 2, -3, 0.1] * 1000, "<f4").tobytes(), bits=32, tag=3), [0.0, 2.0, -3.0, np.float32(0.1)]),
        (wav(np.array([0, 2, -3, 0.1] * 1000, "<f8").tobytes(), bits=64, tag=3), [0.0, 2.0, -3.0, np.float32(0.1)]),
    ],
    ids=["8 bit", "24 bit", "float", "double"],
)
def test_other_sample_formats_mean_the_same(tmp_path: Path, content: bytes, expected: list[float]) -> None:
    """Integers are divided by full scale, floats are taken as they are, even beyond 1."""
    assert read_audio(written(tmp_path, content)).samples[:4].tolist() == expected


def test_channels_are_averaged(tmp_path: Path) -> None:
    """0.5 and 0.25 make 0.375; the rate counts frames."""
    frames = np.tile(np.array([[0.5, 0.25], [-0.5, -0.25]], "<f4"), (22_050, 1))

    audio = read_audio(written(tmp_path, wav(frames.tobytes(), bits=32, tag=3, channels=2, rate=44_100)))

    assert (audio.rate_hz, audio.duration_s) == (44_100, 1.0)
    assert audio.samples[:2].tolist() == [0.375, -0.375]


def test_wav_and_flac_of_the_same_samples_are_the_same_sound(tmp_path: Path) -> None:
    """The identity is that of the sound, in 16 and in 24 bits."""
    sound = heartlike_sound(np.random.default_rng(1))
    for subtype, samples in (
        ("PCM_16", (sound * 32767).astype(np.int16)),
        ("PCM_24", (sound * 8_388_607).astype(np.int32) << 8),
    ):
        soundfile.write(tmp_path / "x.wav", samples, 4000, subtype=subtype)
        soundfile.write(tmp_path / "x.flac", samples, 4000, subtype=subtype)

        wav_audio, flac_audio = read_audio(tmp_path / "x.wav"), read_audio(tmp_path / "x.flac")

        assert wav_audio.sha256() == flac_audio.sha256()
        assert np.array_equal(wav_audio.samples, flac_audio.samples)


def test_long_files_are_joined_from_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading in blocks of 700 frames gives the samples that reading at once gives, in every format."""
    sound = heartlike_sound(np.random.default_rng(1))
    for name in ("x.wav", "x.flac", "x.ogg"):
        soundfile.write(tmp_path / name, sound, 4000)
    at_once = {name: read_audio(tmp_path / name).samples for name in ("x.wav", "x.flac", "x.ogg")}

    monkeypatch.setattr("heartprobe.audio.reading._BLOCK_FRAMES", 700)

    for name, samples in at_once.items():
        assert np.array_equal(read_audio(tmp_path / name).samples, samples), name


def test_ogg_is_read_and_a_truncated_one_refused(tmp_path: Path) -> None:
    """The decoder would take a shorter file for a shorter recording."""
    soundfile.write(tmp_path / "x.ogg", heartlike_sound(np.random.default_rng(1)), 4000)
    whole = (tmp_path / "x.ogg").read_bytes()

    assert read_audio(tmp_path / "x.ogg").duration_s == 2.0
    assert read_audio(written(tmp_path, whole, "ogg-inside.wav")).duration_s == 2.0
    assert error_of(written(tmp_path, whole[:-1], "cut.ogg")).kind == "truncated"


def test_mp3_is_read_and_a_truncated_one_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The decoder finds fewer samples than the file announces."""
    soundfile.write(tmp_path / "x.mp3", heartlike_sound(np.random.default_rng(1)), 8000)
    whole = (tmp_path / "x.mp3").read_bytes()

    assert read_audio(tmp_path / "x.mp3").duration_s == 1.0
    assert error_of(written(tmp_path, whole[: len(whole) // 2], "half.mp3")).kind == "truncated"
    capfd.readouterr()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message is one sentence with the path and the next step."""
    error = error_of(tmp_path / "gone.wav")

    assert error.kind == "missing"
    assert str(error) == f"{tmp_path / 'gone.wav'} does not exist; check its path."


def test_a_dangling_link_is_missing(tmp_path: Path) -> None:
    """What it points to is not there."""
    (tmp_path / "link.wav").symlink_to(tmp_path / "gone.wav")

    assert error_of(tmp_path / "link.wav").kind == "missing"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Opening it would block for ever."""
    os.mkfifo(tmp_path / "pipe.wav")

    error = error_of(tmp_path / "pipe.wav")

    assert (error.kind, str(error)) == (
        "unreadable",
        f"{tmp_path / 'pipe.wav'} is not a file; a sound file was expected.",
    )


def test_a_name_that_the_system_refuses_is_unreadable(tmp_path: Path) -> None:
    """What the operating system says is passed on."""
    error = error_of(tmp_path / ("x" * 300 + ".wav"))

    assert error.kind == "unreadable"
    assert "cannot be read (File name too long)" in str(error)


def test_a_sound_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    """In an AU file a missing part would go unnoticed."""
    soundfile.write(tmp_path / "x.au", heartlike_sound(np.random.default_rng(1)), 4000)

    error = error_of(tmp_path / "x.au")

    assert error.kind == "unreadable"
    assert "is a sound file of the kind AU; a wav, flac, mp3, ogg or aiff file was expected" in str(error)


def test_half_an_hour_is_the_longest(tmp_path: Path) -> None:
    """1800 s at 500 Hz are read, one sample more is not."""
    limit = np.zeros(900_000, "<i2")
    limit[0] = 1

    assert read_audio(written(tmp_path, wav(limit.tobytes(), rate=500))).duration_s == 1800.0
    error = error_of(written(tmp_path, wav(limit.tobytes() + b"\0\0", rate=500)))
    assert error.kind == "too-long"
    assert "lasts 30 minutes at 500 Hz, at most 30 minutes and 100000000 samples are read" in str(error)


def test_a_header_without_samples_is_empty(tmp_path: Path) -> None:
    """Nothing is promised and nothing is there."""
    assert error_of(written(tmp_path, wav(b""))).kind == "empty"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_broken_file_has_its_outcome(file: BrokenFile, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A usable sound or one sentence that names the file, with the kind that the damage has; never anything else."""
    path = tmp_path / file.name
    path.mkdir() if file.content is None else path.write_bytes(file.content)

    try:
        outcome: Audio | AudioError = read_audio(path)
    except AudioError as error:
        outcome = error
    capfd.readouterr()

    if file.name.startswith("valid-"):
        assert isinstance(outcome, Audio), outcome
        assert outcome.duration_s == 2.0
    elif file.kind is not None:
        assert isinstance(outcome, AudioError)
        assert outcome.kind == file.kind, outcome
    if isinstance(outcome, AudioError):
        assert outcome.kind in AUDIO_ERROR_KINDS
        assert str(outcome).startswith(str(path))
        assert "\n" not in str(outcome)
        assert str(outcome).endswith(".")


def test_there_are_more_than_a_hundred_broken_files_and_a_seed_repeats_them(tmp_path: Path) -> None:
    """The same seed writes the same bytes; names are unique; nearly every kind of error occurs."""
    assert len(FILES) > 100
    assert len({file.name for file in FILES}) == len(FILES)
    assert write_broken_audio(tmp_path) == FILES
    assert {file.kind for file in FILES} - {None} == set(AUDIO_ERROR_KINDS) - {"missing", "too-long"}
    assert [f for f in broken_audio(seed=1) if f.name.startswith("cut")] != [
        f for f in FILES if f.name.startswith("cut")
    ]


@pytest.mark.parametrize("name", ["huge-length.flac", "valid-streamed-ffffffff.wav", "size-1000000000.wav"])
def test_no_memory_is_taken_on_the_word_of_a_header(name: str, tmp_path: Path) -> None:
    """16 kB of file cost less than 1 MB, whatever the header claims."""
    path = written(tmp_path, next(file.content for file in FILES if file.name == name), name)
    tracemalloc.start()
    try:
        read_audio(path)
    except AudioError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < 1e6


def outcome_of(read: Callable[[], Audio]) -> tuple[str, ...]:
    """Return the identity of a sound, or the kind and sentence of the error."""
    try:
        audio = read()
    except AudioError as error:
        return error.kind, str(error)
    return audio.name, audio.sha256()


@pytest.mark.parametrize("file", [file for file in FILES if file.content is not None], ids=lambda file: file.name)
def test_bytes_in_memory_fare_as_a_file_does(
    file: BrokenFile, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same sound, or the same kind and sentence, under the name that was given."""
    content = file.content or b""
    path = written(tmp_path, content, file.name)

    assert outcome_of(lambda: decode_audio(content, str(path))) == outcome_of(lambda: read_audio(path))
    capfd.readouterr()


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_every_kind_of_file_is_decoded_in_memory(
    ending: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """To the samples that are read from the file, and a half of it is refused; the name is part of no decision."""
    path = tmp_path / f"x.{ending}"
    soundfile.write(path, heartlike_sound(np.random.default_rng(1)), 8000)
    content = path.read_bytes()

    audio = decode_audio(content, "phone.raw")

    assert (audio.name, audio.sha256()) == ("phone.raw", read_audio(path).sha256())
    with pytest.raises(AudioError, match=r"^phone\.raw is broken off") as caught:
        decode_audio(content[: len(content) // 2], "phone.raw")
    assert caught.value.kind == "truncated"
    capfd.readouterr()


def test_bytes_that_are_no_sound_are_called_by_the_name_that_was_given() -> None:
    """Nothing, and something else."""
    with pytest.raises(AudioError, match=r"^upload 1 has no content, a sound file was expected") as caught:
        decode_audio(b"", "upload 1")
    assert caught.value.kind == "empty"
    with pytest.raises(AudioError, match=r"^upload 2 cannot be read as sound") as caught:
        decode_audio(b"GIF89a" * 100, "upload 2")
    assert caught.value.kind == "unreadable"


def test_nothing_is_written_when_bytes_are_decoded() -> None:
    """No file is opened for writing, and no file of any name is made."""
    code = (
        "import sys, soundfile, numpy, io; from heartprobe.audio import decode_audio\n"
        "content = io.BytesIO(); soundfile.write(content, numpy.sin(numpy.arange(8000)), 4000, format='FLAC')\n"
        "def refuse(event, arguments):\n"
        "    if event == 'open' and (arguments[1] or 'r') not in ('r', 'rb'): raise SystemExit(f'opened {arguments}')\n"
        "sys.addaudithook(refuse)\n"
        "print(decode_audio(content.getvalue(), 'x').duration_s)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("2.0\n", "")


@pytest.mark.real_data
def test_all_real_recordings_are_read(shared: Path) -> None:
    """Every BMD-HS recording is whole, 4 kHz, and 15 or about 20 s long."""
    durations = {read_audio(path).duration_s for path in (shared / "data" / "bmd-hs" / "train").iterdir()}

    assert durations == {15.0, 19.954, 20.0, 20.00425}
