"""Tests of the walk over chunks."""

from __future__ import annotations

import io

from heartprobe.audio.chunks import Chunk, chunks_from, unaccounted_bytes


def test_chunks_are_padded_to_an_even_number_of_bytes() -> None:
    """The second chunk starts behind the padding of the first; absurd sizes are passed on as they stand."""
    file = io.BytesIO(b"odd \x03\x00\x00\x00abc\x00data\xff\xff\xff\xffxy")

    assert list(chunks_from(file, 0, "<")) == [Chunk(b"odd ", 8, 3), Chunk(b"data", 20, 0xFFFFFFFF)]


def test_sizes_are_read_in_the_given_byte_order() -> None:
    """A big-endian size of 2 is 2."""
    assert list(chunks_from(io.BytesIO(b"SSND\x00\x00\x00\x02ab"), 0, ">")) == [Chunk(b"SSND", 8, 2)]


def test_the_file_stands_at_the_content_of_each_chunk() -> None:
    """A caller may read on, and the walk goes on all the same."""
    file = io.BytesIO(b"one \x02\x00\x00\x00abtwo \x02\x00\x00\x00cd")

    assert [file.read(2) for _ in chunks_from(file, 0, "<")] == [b"ab", b"cd"]


def test_the_walk_ends_at_what_is_no_chunk_and_after_a_thousand() -> None:
    """Names are printable; a hostile file is not walked for ever."""
    assert list(chunks_from(io.BytesIO(bytes(100)), 0, "<")) == []
    assert list(chunks_from(io.BytesIO(b"dat"), 0, "<")) == []
    assert len(list(chunks_from(io.BytesIO(b"junk\0\0\0\0" * 5000), 0, "<"))) == 1000


def test_bytes_after_the_sound_belong_to_a_chunk_or_to_nothing() -> None:
    """A missing padding byte is forgiven; a chunk that does not fit into the file is none."""
    data = b"data\x03\x00\x00\x00abc"
    note = b"note\x02\x00\x00\x00xy"
    last = Chunk(b"data", 8, 3)

    def stray(content: bytes) -> int:
        return unaccounted_bytes(io.BytesIO(content), len(content), last, "<")

    assert stray(data) == 0
    assert stray(data + b"\0") == 0
    assert stray(data + b"\0" + note) == 0
    assert stray(data + note) == 0
    assert stray(data + b"\0" + note + b"\1\2\3\4\5") == 5
    assert stray(data + b"\0" + b"note\xff\x00\x00\x00xy") == 10
