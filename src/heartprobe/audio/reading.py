"""From a sound file to mono samples, with one sentence where that cannot be done."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from heartprobe.audio.memory import SoundInMemory
from heartprobe.audio.promises import broken_promise
from heartprobe.audio.sound import MAX_DURATION_S, MAX_RATE_HZ, MIN_RATE_HZ, Audio, AudioErrorKind
from heartprobe.errors import AudioError

#: libsndfile's names of what is read. It knows more, but in those a missing part would go unnoticed.
ACCEPTED_FORMATS: Final = ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3", "AIFF")

#: More channels than a stethoscope with reference microphones has are a damaged header.
_MOST_CHANNELS = 8

#: The second bound on length, which counts at high rates: 400 MB as float32.
_MOST_SAMPLES = 100_000_000

_EXPECTED = "a wav, flac, mp3, ogg or aiff file was expected, export it again as one"

#: Frames decoded at a time. Memory grows with what is found, never with what a header claims.
_BLOCK_FRAMES = 1 << 18

#: libsndfile's number of frames where a flac file, written to a pipe, does not tell it.
_UNKNOWN_FRAMES = 2**63 - 1


def read_audio(path: Path) -> Audio:
    """Read one recording: wav, flac, ogg, mp3 or aiff, of any bit depth, mixed down to mono.

    The format is told from the content, not from the file's name. Channels are averaged.

    Args:
        path: The file.

    Returns:
        Its sound at its own rate.

    Raises:
        AudioError: with one sentence that names the file, and as `kind`: `"missing"` (there is no
            such file), `"unreadable"` (no sound file, or a damaged one), `"truncated"` (it holds
            less than its header promises), `"empty"` (no samples), `"non-finite"`, `"silent"`
            (all samples are equal), `"too-short"` (less than `MIN_DURATION_S`), `"too-long"`
            (more than `MAX_DURATION_S`, or than 100 million samples).
    """
    name = str(path)
    try:
        if not path.exists():
            raise _error(name, "missing", "does not exist; check its path")
        if not path.is_file():
            raise _error(name, "unreadable", "is not a file; a sound file was expected")
        # Unbuffered, because the decoder shares the file's position.
        with path.open("rb", buffering=0) as file:
            return _read(file, os.fstat(file.fileno()).st_size, name)
    except OSError as error:
        raise _error(
            name, "unreadable", f"cannot be read ({error.strerror or error}); check its permissions and the disk"
        ) from error


def decode_audio(content: bytes, name: str) -> Audio:
    """Read one recording that is in memory; nothing is written anywhere.

    Args:
        content: The bytes of a wav, flac, ogg, mp3 or aiff file.
        name: What messages call it, such as the name under which it was sent.

    Returns:
        What `read_audio` returns for a file of these bytes.

    Raises:
        AudioError: as `read_audio`, never of the kind `"missing"`.
    """
    return _read(SoundInMemory(content), len(content), name)


def _error(name: str, kind: AudioErrorKind, what: str) -> AudioError:
    return AudioError(f"{name} {what}.", kind=kind)


def _read(file: BinaryIO, file_bytes: int, name: str) -> Audio:
    if file_bytes == 0:
        raise _error(name, "empty", "has no content, a sound file was expected; copy it again from its source")
    if broken := broken_promise(file, file_bytes):
        raise _error(name, broken.kind, f"{broken.what}; copy or export it again from its source")
    try:
        sound = _open(file)
    except soundfile.SoundFileError as error:
        raise _error(
            name,
            "unreadable",
            f"cannot be read as sound ({_reason(error)}); {_EXPECTED}",
        ) from error
    with sound:
        _check_header(sound, name)
        if sound.frames > min(MAX_DURATION_S * sound.samplerate, _MOST_SAMPLES):
            raise _too_long(file, sound, name)
        try:
            samples = _decode(sound)
        except soundfile.SoundFileError as error:
            if not _has_last_frame(file, sound.frames):
                raise _broken_off(sound, name) from error
            raise _error(
                name, "unreadable", f"is damaged inside ({_reason(error)}); copy or export it again from its source"
            ) from error
        if samples.size < sound.frames:
            raise _broken_off(sound, name)
        return Audio(samples, int(sound.samplerate), name)


def _open(file: BinaryIO) -> Any:
    """Open the decoder by descriptor: given a name, soundfile takes every `*.raw` for headerless sound."""
    file.seek(0)
    is_in_memory = isinstance(file, SoundInMemory)
    return soundfile.SoundFile(file if is_in_memory else file.fileno(), closefd=False)


def _reason(error: Exception) -> str:
    return str(getattr(error, "error_string", error)).strip().rstrip(".")


def _check_header(sound: Any, name: str) -> None:
    if sound.format not in ACCEPTED_FORMATS:
        raise _error(
            name,
            "unreadable",
            f"is a sound file of the kind {sound.format}; {_EXPECTED}",
        )
    if not MIN_RATE_HZ <= sound.samplerate <= MAX_RATE_HZ:
        raise _error(
            name,
            "unreadable",
            f"has a sampling rate of {sound.samplerate} Hz in its header, {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz "
            "was expected; export it again from the program that wrote it",
        )
    if sound.channels > _MOST_CHANNELS:
        raise _error(
            name,
            "unreadable",
            f"has {sound.channels} channels in its header, at most {_MOST_CHANNELS} were expected; "
            "export it again as mono",
        )
    if sound.frames >= _UNKNOWN_FRAMES:
        raise _error(
            name, "unreadable", "does not say how many samples it holds; write it again as a complete flac or wav file"
        )


def _too_long(file: BinaryIO, sound: Any, name: str) -> AudioError:
    if not _has_last_frame(file, sound.frames):
        return _broken_off(sound, name)
    return _error(
        name,
        "too-long",
        f"lasts {sound.frames / sound.samplerate / 60:.0f} minutes at {sound.samplerate} Hz, at most "
        f"{MAX_DURATION_S / 60:.0f} minutes and {_MOST_SAMPLES} samples are read; cut it into shorter recordings",
    )


def _broken_off(sound: Any, name: str) -> AudioError:
    return _error(
        name,
        "truncated",
        f"is broken off: not all of the {sound.frames} samples that its header promises are there; "
        "copy or export it again from its source",
    )


def _has_last_frame(file: BinaryIO, frames: int) -> bool:
    """Whether the last promised frame can be decoded, asked of a fresh decoder: one that has failed stays lost."""
    try:
        with _open(file) as sound:
            sound.seek(frames - 1)
            return len(sound.read(1)) == 1
    except soundfile.SoundFileError:
        return False


def _decode(sound: Any) -> NDArray[np.float32]:
    """Return the frames of an open sound file as `(n,)`, mixed down to mono; fewer than promised where it ends."""
    blocks = [np.zeros(0, np.float32)]
    missing = sound.frames
    while missing > 0:
        block = sound.read(min(missing, _BLOCK_FRAMES), dtype="float32", always_2d=True)
        if len(block) == 0:
            break
        blocks.append(_mono(block))
        missing -= len(block)
    return np.concatenate(blocks)


def _mono(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average the channels of `(n, channels)`."""
    if frames.shape[1] == 1:
        return frames.reshape(-1)
    # What is infinite or not a number stays so, and is found when the sound is complete.
    with np.errstate(invalid="ignore", over="ignore"):
        mixed: NDArray[np.float64] = frames.mean(axis=1, dtype=np.float64)
        return mixed.astype(np.float32)
