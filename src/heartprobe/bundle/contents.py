"""Which files lie in a model folder, and whether they are those that were saved."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from heartprobe.bundle.manifest_file import MANIFEST
from heartprobe.errors import BundleError

ENCODER: Final = "encoder"
WEIGHTS: Final = "model.safetensors"
CARD: Final = "MODEL_CARD.md"

#: What people and version control put beside a model, and no model is read from.
_BESIDE: Final = (".md", ".txt")
_BESIDE_NAMES: Final = ("LICENSE", "NOTICE")

_AGAIN: Final = "Take the folder from its source again."


def require_contents(folder: Path, files: Mapping[str, str]) -> None:
    """Refuse a folder that does not hold exactly these files with these checksums.

    Texts for people (`.md`, `.txt`) and hidden files may lie beside them; the card may be edited.

    Args:
        folder: The model folder.
        files: SHA-256 by name, as `bundle.json` says.

    Raises:
        BundleError: If a file is missing, changed, not named, or no plain file.
    """
    found = set(contents(folder))
    unlisted = sorted(found - files.keys())
    if unlisted:
        raise BundleError(f"{folder / unlisted[0]} is not named in {MANIFEST}; it is not opened. Remove the file.")
    for name in dict.fromkeys((WEIGHTS, *files)):
        if name not in found or name not in files:
            raise BundleError(
                f"The model folder {folder} lacks {name}, which its {MANIFEST} names. Copy the folder whole."
            )
    for name, expected in files.items():
        if sha256(folder / name) != expected:
            raise BundleError(
                f"{folder / name} was changed after the model was saved (its SHA-256 differs from {MANIFEST}); "
                f"it is not opened. {_AGAIN}"
            )


def contents(folder: Path) -> Iterator[str]:
    """Yield the names of the files that a model could be read from, in alphabetical order.

    Raises:
        BundleError: If there is a link, a device, or a folder other than `encoder/`.
    """
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name == MANIFEST:
            continue
        if entry.name == ENCODER and stat.S_ISDIR(_mode(entry)):
            for part in sorted(os.scandir(entry.path), key=lambda part: part.name):
                _require_plain(part)
                yield f"{ENCODER}/{part.name}"
            continue
        _require_plain(entry)
        if not (entry.name.endswith(_BESIDE) or entry.name in _BESIDE_NAMES):
            yield entry.name


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mode(entry: os.DirEntry[str]) -> int:
    return entry.stat(follow_symlinks=False).st_mode


def _require_plain(entry: os.DirEntry[str]) -> None:
    if not stat.S_ISREG(_mode(entry)):
        what = "a link" if entry.is_symlink() else "a folder" if entry.is_dir() else "no plain file"
        raise BundleError(
            f"{entry.path} is {what}; a model folder holds plain files, and a folder {ENCODER}/ of such, only. {_AGAIN}"
        )
