"""Tests of what a file's structure promises, on files of a few bytes."""

from __future__ import annotations

import io
import struct

import pytest

from broken_audio import chunk, fmt, riff, wav
from heartprobe.audio.promises import BrokenPromise, broken_promise

FOUR_SAMPLES = b"\x01\x00\x02\x00\x03\x00\x04\x00"


def promise(content: bytes) -> BrokenPromise | None:
    return broken_promise(io.BytesIO(content), len(content))


def test_a_plain_wav_keeps_its_promises() -> None:
    """Four samples promised, four there."""
    assert promise(wav(FOUR_SAMPLES)) is None


def test_a_truncated_wav_is_told_in_samples() -> None:
    """Three of four samples: the decoder would read the three without a word."""
    assert promise(wav(FOUR_SAMPLES)[:-2]) == BrokenPromise(
        "truncated", "is broken off: it holds 3 of the 4 samples that its header promises"
    )


def test_samples_of_a_stereo_wav_are_counted_per_frame() -> None:
    """Eight bytes are two frames of two channels."""
    assert promise(wav(FOUR_SAMPLES, channels=2, size=16)) == BrokenPromise(
        "truncated", "is broken off: it holds 2 of the 4 samples that its header promises"
    )


def test_a_truncated_compressed_wav_is_told_in_bytes() -> None:
    """In ADPCM a frame is a block of samples."""
    found = promise(wav(FOUR_SAMPLES, tag=0x11, bits=4, per_frame=256, size=9))

    assert found == BrokenPromise("truncated", "is broken off: it holds 8 of the 9 bytes that its header promises")


@pytest.mark.parametrize("size", [0x7FFF_0000, 0x7FFF_F000, 0x8000_0000, 0xFFFF_FFFF])
def test_a_streamed_wav_promises_nothing(size: int) -> None:
    """Programs that write to a pipe leave the largest number as size."""
    assert promise(wav(FOUR_SAMPLES, size=size)) is None


def test_just_below_the_streaming_sizes_a_size_is_believed() -> None:
    """The smallest number that stands for "unknown" is a boundary."""
    assert promise(wav(FOUR_SAMPLES, size=0x7FFE_FFFF)).kind == "truncated"


def test_rf64_takes_its_size_from_ds64() -> None:
    """In RF64 the size of `data` is all ones and the true one stands in `ds64`."""

    def rf64(size: int) -> bytes:
        ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, size, 0, 0))
        return riff(ds64, fmt(), chunk(b"data", FOUR_SAMPLES, size=0xFFFFFFFF), magic=b"RF64")

    assert promise(rf64(8)) is None
    assert promise(rf64(2**33)) == BrokenPromise(
        "truncated", "is broken off: it holds 4 of the 4294967296 samples that its header promises"
    )


def test_an_unfinished_recording_is_not_empty() -> None:
    """A recorder that was interrupted leaves size 0 and the samples behind it."""
    found = promise(wav(b"\x00\xff" * 3000, size=0))

    assert found.kind == "unreadable"
    assert found.what.startswith("has a header that speaks of 0 bytes of sound, but 6000 bytes follow")


def test_up_to_4096_stray_bytes_are_forgiven() -> None:
    """Players append tags to files."""
    assert promise(wav(FOUR_SAMPLES) + bytes(4096)) is None
    assert promise(wav(FOUR_SAMPLES) + bytes(4097)).kind == "unreadable"


def test_a_rate_that_contradicts_the_bytes_per_second_is_not_believed() -> None:
    """A flipped bit in the rate would transpose the whole recording."""
    assert promise(wav(FOUR_SAMPLES, rate=4128, per_s=8000)) == BrokenPromise(
        "unreadable",
        "has a header that contradicts itself: 4128 samples per second of 2 bytes each, but 8000 bytes per second; "
        "equal amounts were expected",
    )
    assert promise(wav(FOUR_SAMPLES, per_s=0)) is None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"bits": 7}, "1 channels of 7 bits in 1 bytes"),
        ({"bits": 24, "per_frame": 2}, "1 channels of 24 bits in 2 bytes"),
        ({"channels": 2, "per_frame": 2}, "2 channels of 16 bits in 2 bytes"),
    ],
)
def test_a_frame_must_hold_its_channels(fields: dict[str, int], text: str) -> None:
    """Bits, channels and bytes of a frame belong together."""
    assert promise(wav(FOUR_SAMPLES, **fields)) == BrokenPromise(
        "unreadable", f"has a header that contradicts itself: {text}; whole bytes per channel were expected"
    )


@pytest.mark.parametrize("bits", [8, 12, 16, 20, 24, 32])
def test_bits_may_be_fewer_than_their_bytes(bits: int) -> None:
    """Twelve bits lie in two bytes."""
    assert promise(wav(bytes(8 * ((bits + 7) // 8)), bits=bits)) is None


def test_a_header_without_sound_is_told() -> None:
    """Neither the end of the file nor other chunks are sound."""
    assert promise(riff(fmt())) == BrokenPromise("unreadable", "has a header but no sound: no `data` chunk was found")


def ogg_page(flags: int, content: bytes = b"abc") -> bytes:
    return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([1, len(content)]) + content


def test_an_ogg_file_ends_with_a_whole_last_page() -> None:
    """Without the mark, or without one byte of the last page, it is broken off."""
    broken = BrokenPromise("truncated", "is broken off: its last page is missing or incomplete")

    assert promise(ogg_page(2) + ogg_page(4)) is None
    assert promise(ogg_page(2) + ogg_page(0)) == broken
    assert promise((ogg_page(2) + ogg_page(4))[:-1]) == broken
    assert promise(ogg_page(4)[:20]) == broken


@pytest.mark.parametrize("content", [b"", b"fLaC", b"some text", b"RIFF", b"RIFF\0\0\0\0AVI "])
def test_other_files_are_left_to_the_decoder(content: bytes) -> None:
    """No promise is known of what is neither RIFF nor Ogg."""
    assert promise(content) is None
