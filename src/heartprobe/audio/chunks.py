"""The chunks that wav and aiff files are made of: a name of four letters, a size, and so many bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

#: Real files have a dozen at most; the bound keeps a hostile one from being walked for ever.
_MOST_CHUNKS = 1000


class Chunk(NamedTuple):
    """A chunk's name, where its content starts in the file, and how many bytes it says to have."""

    name: bytes
    start: int
    size: int


def chunks_from(file: BinaryIO, position: int, order: str) -> Iterator[Chunk]:
    """Yield the chunks from a byte position on, the file standing at the content of each.

    Args:
        file: The file, open for reading bytes.
        position: Where the first chunk starts.
        order: Byte order of sizes, `"<"` or `">"`.

    It ends where no further chunk header is found. A size is passed on as it stands, however absurd.
    """
    for _ in range(_MOST_CHUNKS):
        file.seek(position)
        header = file.read(8)
        if len(header) < 8 or not all(32 <= byte < 127 for byte in header[:4]):
            return
        size = struct.unpack(order + "I", header[4:])[0]
        yield Chunk(header[:4], position + 8, size)
        # The content of a chunk is padded to an even number of bytes.
        position += 8 + size + size % 2


def unaccounted_bytes(file: BinaryIO, file_bytes: int, last: Chunk, order: str) -> int:
    """Return how many bytes at the end of the file belong to no chunk, given a chunk that ends within it."""
    # Some programs forget the padding, so an odd chunk's successor may start at either place.
    ends = {last.start + last.size, last.start + last.size + last.size % 2}
    return min(max(0, file_bytes - _end_of_chunks(file, file_bytes, end, order)) for end in ends)


def _end_of_chunks(file: BinaryIO, file_bytes: int, position: int, order: str) -> int:
    for chunk in chunks_from(file, position, order):
        if chunk.start + chunk.size > file_bytes:
            break
        position = chunk.start + chunk.size + chunk.size % 2
    return position
