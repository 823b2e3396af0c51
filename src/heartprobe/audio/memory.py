"""A sound file that is in memory, as the decoder can read it."""

from __future__ import annotations

import io
import os


class SoundInMemory(io.BytesIO):
    """Bytes that are read like a file.

    A damaged file leads the decoder to places before its beginning. A file on disk then stays where
    it is; `BytesIO` raises an error, which soundfile prints with a traceback and goes on.
    """

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place; stay where that is none."""
        if whence == os.SEEK_SET and offset < 0:
            return self.tell()
        return super().seek(offset, whence)
