"""Stored features: one file per sound and recipe, shared by processes, checked whenever it is read.

    FOLDER/
      <digest of the recipe>/
        recipe.json                       what the digest stands for, for people to read
        <first two digits>/<digest of the sound>.safetensors
      unfinished/                         files that are being written

An entry is named by what went into it, so that it can never be out of date: another sound, encoder
or setting is another entry. It is written under another name and renamed, so that a reader sees it
whole or not at all, and two processes that compute the same entry write the same. It is not forced
onto the disk (`fsync`): what a power cut tears is told by its checksums and made anew.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

from heartprobe.atomic import replacing
from heartprobe.errors import StoreError
from heartprobe.features.pooling import PooledWindows
from heartprobe.features.recipe import Recipe
from heartprobe.features.stored_windows import StoredWindows, open_verified, serialise
from heartprobe.machine import cache_folder

ABANDONED_AFTER_S = 24 * 3600.0


def default_folder() -> Path:
    """Return `features` below `HEARTPROBE_CACHE`, or below the user's cache folder."""
    return cache_folder() / "features"


class FeatureStore:
    """A folder of features.

    Args:
        folder: Made when something is written to it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def path(self, sound: str, recipe: Recipe) -> Path:
        """Return where the features of a sound (by its SHA-256) lie."""
        return self.folder / recipe.digest() / sound[:2] / f"{sound}.safetensors"

    def find(self, sound: str, recipe: Recipe) -> StoredWindows | None:
        """Return the stored features of a sound, all of them checked, or `None` where there are none.

        Raises:
            DamagedEntryError: The entry is not what was written.
            StoreError: The folder cannot be read.
        """
        try:
            return open_verified(self.path(sound, recipe), _identity(sound, recipe))
        except FileNotFoundError:
            return None

    def write(self, sound: str, recipe: Recipe, windows: PooledWindows) -> StoredWindows:
        """Store the features of a sound, over what was stored before.

        Raises:
            StoreError: The folder cannot be written or the disk is full.
        """
        path = self.path(sound, recipe)
        identity = _identity(sound, recipe)
        about = path.parent.parent / "recipe.json"
        if not about.exists():
            self._write(about, (json.dumps(recipe.as_dict(), indent=2) + "\n").encode())
        self._write(path, serialise(windows, identity))
        return StoredWindows(path, identity, windows.n_layers, windows.starts_s, windows.is_repeated)

    def remove_abandoned(self) -> None:
        """Remove what killed processes left half-written more than a day ago."""
        with suppress(OSError):
            for path in self._unfinished.iterdir():
                if path.stat().st_mtime < time.time() - ABANDONED_AFTER_S:
                    path.unlink()

    @property
    def _unfinished(self) -> Path:
        return self.folder / "unfinished"

    def _write(self, path: Path, content: bytes) -> None:
        try:
            with replacing(path, workshop=self._unfinished) as unfinished:
                unfinished.write_bytes(content)
        except OSError as error:
            raise StoreError(
                f"Features cannot be stored in {self.folder}: {error.strerror}. "
                "Free some space or rights there, or name another cache folder in the variable HEARTPROBE_CACHE."
            ) from error


def _identity(sound: str, recipe: Recipe) -> str:
    return f"{sound} {recipe.digest()}"
