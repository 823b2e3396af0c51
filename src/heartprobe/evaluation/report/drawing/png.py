"""An image from numbers, as the smallest kind of PNG: one byte or less a pixel and a table of colours.

PNG: ISO/IEC 15948:2004 (W3C Recommendation "Portable Network Graphics", second edition).
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Nine colours along `viridis`, from low to high: of equal steps in lightness, also for the colour-blind
#: (Nuñez, Anderton, Renslow, PLoS ONE 2018; 13:e0199239 on why; the map itself is in the public domain, CC0).
_VIRIDIS: Final = ("440154", "472d7b", "3b528b", "2c728e", "21918c", "28ae80", "5ec962", "addc30", "fde725")

#: As many as the eye tells apart in a small picture; fewer make smaller files.
LEVELS: Final = 48


def png_address(shares: NDArray[np.float64]) -> str:
    """Return an image as a `data:` address.

    Args:
        shares: Rows from top to bottom, each from left to right; 0 is the lowest colour, 1 the highest, and
            what lies beyond is drawn as these.
    """
    levels = np.clip(np.round(shares * (LEVELS - 1)), 0, LEVELS - 1).astype(np.uint8)
    return "data:image/png;base64," + base64.b64encode(_png(levels)).decode("ascii")


def _png(levels: NDArray[np.uint8]) -> bytes:
    height, width = levels.shape
    # Eight bits a pixel, colours from a table, the usual compression, no filter of lines, not interlaced.
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    lines = np.concatenate([np.zeros((height, 1), np.uint8), levels], axis=1)  # each begins with its filter: none
    parts = ((b"IHDR", header), (b"PLTE", _colours()), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _colours() -> bytes:
    known = np.array([list(bytes.fromhex(colour)) for colour in _VIRIDIS], dtype=np.float64)
    places = np.linspace(0, len(known) - 1, LEVELS)
    colours = np.stack([np.interp(places, np.arange(len(known)), channel) for channel in known.T], axis=1)
    return np.round(colours).astype(np.uint8).tobytes()
