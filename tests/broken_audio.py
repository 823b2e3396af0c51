"""More than a hundred sound files that are damaged, odd or no sound files at all, made from a seed.

    for file in broken_audio():            # name, content, kind
        ...
    write_broken_audio(folder)             # the same, written out

Every file starts as the same two seconds of an invented heart-like sound. libsndfile encodes
only those formats into which it writes neither the time nor a random number.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

RATE_HZ = 4000


class BrokenFile(NamedTuple):
    """One file.

    Attributes:
        name: File name; starts with `valid-` where the file is odd but must be read.
        content: Its bytes, or `None` for a folder of that name.
        kind: The `AudioError.kind` that reading must end with; `None` where the file is valid, or
            where damage strikes at random and may or may not be noticed (`flip-`).
    """

    name: str
    content: bytes | None
    kind: str | None


def broken_audio(seed: int = 0) -> Iterator[BrokenFile]:
    """Yield the files; the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    sound = heartlike_sound(rng)
    pcm = to_pcm16(sound)
    for make in (
        _broken_off,
        _lying_format,
        _lying_size,
        _odd_chunks,
        _odd_samples,
        _no_wav,
        _unusual_but_valid,
        _flips,
    ):
        yield from make(sound, pcm, rng)


def write_broken_audio(folder: Path, seed: int = 0) -> list[BrokenFile]:
    """Write the files below `folder` and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = list(broken_audio(seed))
    for file in files:
        if file.content is None:
            (folder / file.name).mkdir()
        else:
            (folder / file.name).write_bytes(file.content)
    return files


def heartlike_sound(rng: np.random.Generator, duration_s: float = 2.0) -> np.ndarray:
    """Return two thumps per beat at 75 beats per minute with a little noise, `(n,)` in [-0.9, 0.9]."""
    time = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    thumps = sum(
        np.exp(-(((time % 0.8 - at) / 0.03) ** 2)) * np.sin(2 * np.pi * pitch * time)
        for at, pitch in ((0.1, 50), (0.4, 70))
    )
    return 0.8 * thumps + 0.01 * rng.standard_normal(time.size).clip(-4, 4)


def to_pcm16(sound: np.ndarray) -> bytes:
    return (sound * 32767).astype("<i2").tobytes()


def chunk(name: bytes, content: bytes, *, size: int | None = None, order: str = "<", pad: bool = True) -> bytes:
    """Return a chunk; `size` is what it says, whatever it holds."""
    said = len(content) if size is None else size
    return name + struct.pack(order + "I", said) + content + (b"\0" if pad and len(content) % 2 else b"")


def fmt(
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = RATE_HZ,
    bits: int = 16,
    per_s: int | None = None,
    per_frame: int | None = None,
    order: str = "<",
) -> bytes:
    """Return a `fmt ` chunk whose redundant fields agree unless they are given."""
    per_frame = channels * ((bits + 7) // 8) if per_frame is None else per_frame
    per_s = rate * per_frame if per_s is None else per_s
    fields = struct.pack(order + "HHIIHH", tag, channels, rate, per_s & 0xFFFFFFFF, per_frame & 0xFFFF, bits)
    return chunk(b"fmt ", fields, order=order)


def riff(*chunks: bytes, magic: bytes = b"RIFF", size: int | None = None, order: str = "<") -> bytes:
    """Return a wav file of these chunks."""
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack(order + "I", len(body) if size is None else size) + body


def wav(content: bytes, *, size: int | None = None, **format_fields: int) -> bytes:
    """Return a wav file whose header says what it is told to."""
    return riff(fmt(**format_fields), chunk(b"data", content, size=size))


def encoded(sound: np.ndarray, container: str, subtype: str, rate: int = RATE_HZ) -> bytes:
    """Return a file as libsndfile writes it."""
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format=container, subtype=subtype)
    return file.getvalue()


def _broken_off(sound: np.ndarray, pcm: bytes, rng: np.random.Generator) -> Iterator[BrokenFile]:
    whole = wav(pcm)
    yield BrokenFile("cut-at-0.wav", b"", "empty")
    for n in (1, 4, 8, 12, 16, 20, 30, 36, 40, 43):
        yield BrokenFile(f"cut-at-{n}.wav", whole[:n], "unreadable")
    for n in (44, 45, 46, 1000, len(whole) // 2, len(whole) * 9 // 10, len(whole) - 2, len(whole) - 1):
        yield BrokenFile(f"cut-at-{n}.wav", whole[:n], "truncated")
    flac = encoded(sound, "FLAC", "PCM_16")
    yield BrokenFile("cut-half.flac", flac[: len(flac) // 2], "truncated")
    yield BrokenFile("cut-last-byte.flac", flac[:-1], "truncated")
    yield BrokenFile("cut-header.flac", flac[:20], "unreadable")
    damaged = bytearray(flac)
    damaged[len(flac) // 2 : len(flac) // 2 + 40] = rng.bytes(40)
    yield BrokenFile("damaged-inside.flac", bytes(damaged), "unreadable")
    # The number of samples is the last 36 bits before the MD5 sum of the stream's first block.
    yield BrokenFile(
        "unknown-length.flac", flac[:21] + bytes([flac[21] & 0xF0]) + b"\0\0\0\0" + flac[26:], "unreadable"
    )
    yield BrokenFile(
        "huge-length.flac", flac[:21] + bytes([flac[21] | 0x0F]) + b"\xff\xff\xff\xff" + flac[26:], "truncated"
    )
    aiff = encoded(sound, "AIFF", "PCM_16")
    yield BrokenFile("cut-half.aiff", aiff[: len(aiff) // 2], "truncated")
    rf64 = encoded(sound, "RF64", "PCM_16")
    yield BrokenFile("cut-half-rf64.wav", rf64[: len(rf64) // 2], "truncated")


def _lying_format(_sound: np.ndarray, pcm: bytes, _rng: np.random.Generator) -> Iterator[BrokenFile]:
    for rate in (0, 1, 100, 499, 192_001, 10**6, 2**31 - 1, 2**31, 2**32 - 1):
        yield BrokenFile(f"rate-{rate}.wav", wav(pcm, rate=rate), "unreadable")
    yield BrokenFile("rate-not-the-bytes-per-second.wav", wav(pcm, rate=RATE_HZ + 128, per_s=2 * RATE_HZ), "unreadable")
    for channels in (0, 9, 200, 1024, 1025, 65535):
        yield BrokenFile(f"channels-{channels}.wav", wav(pcm, channels=channels), "unreadable")
    yield BrokenFile("channels-not-the-frame.wav", wav(pcm, channels=2, per_frame=2), "unreadable")
    for bits in (0, 1, 7, 64, 65535):
        yield BrokenFile(f"bits-{bits}.wav", wav(pcm, bits=bits), "unreadable")
    yield BrokenFile("bits-not-the-frame.wav", wav(pcm, bits=24, per_frame=2), "unreadable")
    for tag in (0, 99, 0xFFFF):
        yield BrokenFile(f"tag-{tag}.wav", wav(pcm, tag=tag), "unreadable")


def _lying_size(_sound: np.ndarray, pcm: bytes, _rng: np.random.Generator) -> Iterator[BrokenFile]:
    for size in (0, 1, 100, 1001, len(pcm) // 2):
        yield BrokenFile(f"size-only-{size}.wav", wav(pcm, size=size), "unreadable")
    for size in (len(pcm) + 1, len(pcm) + 44, 2 * len(pcm), 10**9, 0x7000_0000):
        yield BrokenFile(f"size-{size}.wav", wav(pcm, size=size), "truncated")
    for size in (0x7FFF_F000, 0xFFFF_FFFF):
        yield BrokenFile(f"valid-streamed-{size:x}.wav", wav(pcm, size=size), None)
    for size in (0, 4, 0xFFFF_FFFF):
        yield BrokenFile(f"valid-riff-size-{size}.wav", riff(fmt(), chunk(b"data", pcm), size=size), None)


def _odd_chunks(_sound: np.ndarray, pcm: bytes, rng: np.random.Generator) -> Iterator[BrokenFile]:
    data = chunk(b"data", pcm)
    note = chunk(b"LIST", b"INFOICMT" + struct.pack("<I", 5) + b"odd.\0\0")
    odd = chunk(b"note", b"odd")
    yield BrokenFile("valid-list-before-fmt.wav", riff(note, fmt(), data), None)
    yield BrokenFile("valid-list-between.wav", riff(fmt(), note, odd, data), None)
    yield BrokenFile("valid-list-after.wav", riff(fmt(), data, note, odd), None)
    yield BrokenFile("valid-large-chunk-after.wav", riff(fmt(), data, chunk(b"junk", rng.bytes(10_000))), None)
    yield BrokenFile("valid-few-stray-bytes.wav", riff(fmt(), data) + b"TAG" + bytes(125), None)
    yield BrokenFile("no-fmt.wav", riff(data), "unreadable")
    yield BrokenFile("no-data.wav", riff(fmt(), note), "unreadable")
    yield BrokenFile("two-data.wav", riff(fmt(), data, data), "unreadable")
    yield BrokenFile("no-chunks.wav", riff(), "unreadable")
    yield BrokenFile("data-before-fmt.wav", riff(data, fmt()), "unreadable")
    yield BrokenFile("huge-chunk-first.wav", riff(fmt(), chunk(b"junk", b"", size=2**31), data), "unreadable")
    yield BrokenFile("endless-empty-chunks.wav", riff(fmt(), chunk(b"junk", b"") * 20_000), "unreadable")


def _odd_samples(sound: np.ndarray, _pcm: bytes, _rng: np.random.Generator) -> Iterator[BrokenFile]:
    for name, value in (("nan", np.nan), ("inf", np.inf), ("minus-inf", -np.inf)):
        bad = sound.copy()
        bad[sound.size // 2] = value
        yield BrokenFile(f"one-{name}.wav", wav(bad.astype("<f4").tobytes(), tag=3, bits=32), "non-finite")
        yield BrokenFile(f"one-{name}-double.wav", wav(bad.astype("<f8").tobytes(), tag=3, bits=64), "non-finite")
    all_nan = np.full(sound.size, np.nan, "<f4")
    yield BrokenFile("all-nan.wav", wav(all_nan.tobytes(), tag=3, bits=32), "non-finite")
    both = np.tile(np.array([np.inf, -np.inf], "<f4"), sound.size)
    yield BrokenFile("stereo-inf-and-minus-inf.wav", wav(both.tobytes(), tag=3, bits=32, channels=2), "non-finite")
    too_large = (sound * 1e300).astype("<f8")
    yield BrokenFile("too-large-for-float32.wav", wav(too_large.tobytes(), tag=3, bits=64), "non-finite")
    yield BrokenFile("no-samples.wav", wav(b""), "empty")
    for n in (1, 2, 100, RATE_HZ - 1):
        yield BrokenFile(f"samples-{n}.wav", wav(to_pcm16(sound[:n])), "too-short")
    yield BrokenFile("silent.wav", wav(bytes(2 * sound.size)), "silent")
    yield BrokenFile("silent-offset.wav", wav(b"\x00\x10" * sound.size), "silent")
    yield BrokenFile("silent-8-bit.wav", wav(b"\x80" * sound.size, bits=8), "silent")
    yield BrokenFile("silent-float.wav", wav(bytes(4 * sound.size), tag=3, bits=32), "silent")
    yield BrokenFile("silent.flac", encoded(np.zeros(sound.size), "FLAC", "PCM_16"), "silent")
    opposite = np.stack([sound, -sound], axis=1).astype("<f4")
    yield BrokenFile("opposite-channels.wav", wav(opposite.tobytes(), tag=3, bits=32, channels=2), "silent")


def _no_wav(_sound: np.ndarray, pcm: bytes, rng: np.random.Generator) -> Iterator[BrokenFile]:
    for name, content in {
        "text": b"This recording was removed.\n",
        "table": b"patient_id,N,AS\npatient_001,1,0\n" * 50,
        "page": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 160044\n",
        "utf-16": "a text".encode("utf-16"),
        "picture": b"\x89PNG\r\n\x1a\n" + rng.bytes(3000),
        "archive": b"PK\x03\x04" + rng.bytes(3000),
        "zeros": bytes(20_000),
        "noise": rng.bytes(20_000),
        "no-header": pcm,
        "riff-only": b"RIFF",
        "avi": b"RIFF" + struct.pack("<I", 4) + b"AVI ",
    }.items():
        yield BrokenFile(f"not-sound-{name}.wav", content, "unreadable")
    yield BrokenFile("folder.wav", None, "unreadable")


def _unusual_but_valid(sound: np.ndarray, pcm: bytes, _rng: np.random.Generator) -> Iterator[BrokenFile]:
    for subtype in ("PCM_U8", "PCM_24", "PCM_32", "ULAW", "ALAW"):
        yield BrokenFile(f"valid-{subtype.lower()}.wav", encoded(sound, "WAV", subtype), None)
    yield BrokenFile("valid-float.wav", wav(sound.astype("<f4").tobytes(), tag=3, bits=32), None)
    yield BrokenFile("valid-double.wav", wav(sound.astype("<f8").tobytes(), tag=3, bits=64), None)
    for container in ("FLAC", "AIFF", "RF64", "WAVEX"):
        yield BrokenFile(f"valid-{container.lower()}-inside.wav", encoded(sound, container, "PCM_16"), None)
    yield BrokenFile("valid-RAW-is-wav.raw", wav(pcm), None)
    yield BrokenFile("valid-no-bytes-per-second.wav", wav(pcm, per_s=0), None)
    big = np.frombuffer(pcm, "<i2").astype(">i2").tobytes()
    yield BrokenFile(
        "valid-big-endian.wav",
        riff(fmt(order=">"), chunk(b"data", big, order=">"), magic=b"RIFX", order=">"),
        None,
    )
    stereo = np.repeat(
        np.interp(np.arange(88_200) / 44_100, np.arange(sound.size) / RATE_HZ, sound)[:, None], 2, axis=1
    )
    yield BrokenFile("valid-stereo-44100.wav", encoded(stereo, "WAV", "PCM_16", 44_100), None)


def _flips(_sound: np.ndarray, pcm: bytes, rng: np.random.Generator) -> Iterator[BrokenFile]:
    """Yield files with bytes changed at random: one in the header, or one in every hundred."""
    whole = np.frombuffer(wav(pcm), np.uint8)
    for i in range(20):
        flipped = whole.copy()
        flipped[rng.integers(44)] ^= rng.integers(1, 256, dtype=np.uint8)
        yield BrokenFile(f"flip-header-{i}.wav", flipped.tobytes(), None)
    for i in range(10):
        flipped = whole.copy()
        places = rng.integers(flipped.size, size=flipped.size // 100)
        flipped[places] ^= rng.integers(1, 256, size=places.size, dtype=np.uint8)
        yield BrokenFile(f"flip-anywhere-{i}.wav", flipped.tobytes(), None)
