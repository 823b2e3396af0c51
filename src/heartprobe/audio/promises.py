"""What a file's own structure says about its sound, held against the bytes that are there.

The decoder (libsndfile) takes a wav file that is broken off for a shorter one, reads an unfinished
one as empty and believes contradicting headers. All of that would pass for a valid recording, so
containers are looked through here before they are decoded. FLAC and MP3 are left to the decoder,
which notices by itself that samples are missing.

Sources: Multimedia Programming Interface and Data Specifications 1.0 (RIFF, 1991); EBU Tech 3306
(RF64); Audio Interchange File Format AIFF-C (1991); RFC 3533 (Ogg).
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from heartprobe.audio.chunks import Chunk, chunks_from, unaccounted_bytes
from heartprobe.audio.sound import AudioErrorKind


class BrokenPromise(NamedTuple):
    """A contradiction between a file's header and its bytes; `what` continues a sentence on the file."""

    kind: AudioErrorKind
    what: str


class WaveFormat(NamedTuple):
    """The fields of a `fmt ` chunk, in the order in which they are stored."""

    tag: int
    channels: int
    rate_hz: int
    bytes_per_s: int
    bytes_per_frame: int
    bits: int


#: First four bytes of a chunked container, and its byte order as `struct` writes it.
_BYTE_ORDER = {b"RIFF": "<", b"RF64": "<", b"RIFX": ">", b"FORM": ">"}

#: Format tags whose samples are stored as they are: PCM, float, and either with an extended header.
_UNCOMPRESSED_TAGS = (0x0001, 0x0003, 0xFFFE)

#: Sizes from here on stand for "unknown" where a program wrote to a pipe: SoX writes 0x7FFFF000 and a little
#: less, FFmpeg and others 0xFFFFFFFF.
_UNKNOWN_SIZE = 0x7FFF_0000

#: Bytes after the sound that may belong to nothing: tags that audio players append, padding.
_STRAY_BYTES_ALLOWED = 4096

#: Where a page's header says that it is the last one (RFC 3533, section 6), and that it ends.
_OGG_HEADER_BYTES = 27
_OGG_LAST_PAGE = 0x04
_OGG_LARGEST_PAGE = 65_307


def broken_promise(file: BinaryIO, file_bytes: int) -> BrokenPromise | None:
    """Return what is contradictory in a file of `file_bytes` bytes, or `None`."""
    file.seek(0)
    magic = file.read(12)
    if magic[:4] == b"OggS":
        return _ogg_broken_off(file, file_bytes)
    if magic[:4] in _BYTE_ORDER and magic[8:] in (b"WAVE", b"AIFF", b"AIFC"):
        return _chunked_container(file, file_bytes, _BYTE_ORDER[magic[:4]])
    return None


def _chunked_container(file: BinaryIO, file_bytes: int, order: str) -> BrokenPromise | None:
    wave_format = None
    size_64 = None
    for chunk in chunks_from(file, 12, order):
        if chunk.name == b"fmt " and chunk.size >= 16:
            wave_format = WaveFormat(*struct.unpack(order + "HHIIHH", file.read(16).ljust(16, b"\0")))
        elif chunk.name == b"ds64" and chunk.size >= 16:
            size_64 = struct.unpack("<8xQ", file.read(16).ljust(16, b"\0"))[0]
        elif chunk.name in (b"data", b"SSND"):
            if chunk.size == 0xFFFF_FFFF and size_64 is not None:
                chunk = chunk._replace(size=size_64)
            return _contradicting_format(wave_format) or _wrong_size(file, file_bytes, chunk, wave_format, order)
    return BrokenPromise("unreadable", "has a header but no sound: no `data` chunk was found")


def _contradicting_format(wave_format: WaveFormat | None) -> BrokenPromise | None:
    if wave_format is None or wave_format.tag not in _UNCOMPRESSED_TAGS:
        return None
    _, channels, rate_hz, bytes_per_s, bytes_per_frame, bits = wave_format
    if not 8 <= bits <= 64 or bytes_per_frame != channels * ((bits + 7) // 8):
        return BrokenPromise(
            "unreadable",
            f"has a header that contradicts itself: {channels} channels of {bits} bits in {bytes_per_frame} bytes; "
            "whole bytes per channel were expected",
        )
    # Some programs leave the redundant field at 0.
    if bytes_per_s not in (0, rate_hz * bytes_per_frame):
        return BrokenPromise(
            "unreadable",
            f"has a header that contradicts itself: {rate_hz} samples per second of {bytes_per_frame} bytes each, "
            f"but {bytes_per_s} bytes per second; equal amounts were expected",
        )
    return None


def _wrong_size(
    file: BinaryIO, file_bytes: int, data: Chunk, wave_format: WaveFormat | None, order: str
) -> BrokenPromise | None:
    present = file_bytes - data.start
    if data.size > present:
        if _UNKNOWN_SIZE <= data.size <= 0xFFFF_FFFF:
            return None
        frame = wave_format.bytes_per_frame if wave_format and wave_format.tag in _UNCOMPRESSED_TAGS else 1
        unit = "bytes" if frame == 1 else "samples"
        return BrokenPromise(
            "truncated",
            f"is broken off: it holds {present // frame} of the {data.size // frame} {unit} that its header promises",
        )
    stray = unaccounted_bytes(file, file_bytes, data, order)
    if stray > _STRAY_BYTES_ALLOWED:
        return BrokenPromise(
            "unreadable",
            f"has a header that speaks of {data.size} bytes of sound, but {stray} bytes follow that belong to nothing; "
            "the program that recorded it was probably interrupted",
        )
    return None


def _ogg_broken_off(file: BinaryIO, file_bytes: int) -> BrokenPromise | None:
    """A complete Ogg file ends with a complete page that is marked as the last one."""
    tail_start = max(0, file_bytes - 2 * _OGG_LARGEST_PAGE)
    file.seek(tail_start)
    tail = file.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    n_segments = page[26] if len(page) >= _OGG_HEADER_BYTES else 0
    segments = page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + n_segments]
    is_whole = len(segments) == n_segments and len(page) >= _OGG_HEADER_BYTES + n_segments + sum(segments)
    if len(page) >= _OGG_HEADER_BYTES and is_whole and page[5] & _OGG_LAST_PAGE:
        return None
    return BrokenPromise("truncated", "is broken off: its last page is missing or incomplete")
