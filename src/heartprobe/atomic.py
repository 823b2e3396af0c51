"""Files that are there whole or not at all: written under another name, and renamed when they are finished."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path, *, workshop: Path | None = None) -> Iterator[Path]:
    """Yield the path of a file to write, which takes the place of `path` when the block ends without an error.

    Args:
        path: Where the file goes; the folders above it are made.
        workshop: Folder for the unfinished file, on the same disk; the folder of `path` by default.
    """
    folder = path.parent if workshop is None else workshop
    path.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    unfinished = folder / f".{path.name}.{uuid.uuid4().hex}"
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        # A disk that fails must not hide the error that it made.
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, with its line ends as they are."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that is on the disk when its name is: a power cut leaves the old one or the new one."""
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
