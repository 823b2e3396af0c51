"""`MANIFEST.sha256`: the checksum of every file of a downloaded data set.

One line per file, `<sha256>  <path>`, sorted by path: `sha256sum --check MANIFEST.sha256` reads it.
The SHA-256 of the manifest's own text identifies the whole data set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from heartprobe.data.download.checksums import sha256_of
from heartprobe.progress import Progress

MANIFEST_NAME = "MANIFEST.sha256"


def manifest_text(digests: Mapping[str, str]) -> str:
    """Return the text of the manifest for SHA-256 by relative path."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))


def manifest_digest(digests: Mapping[str, str]) -> str:
    """Return the SHA-256 of the manifest's text."""
    return hashlib.sha256(manifest_text(digests).encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, str]:
    """Return SHA-256 by relative path.

    Raises:
        OSError: If there is no manifest.
        ValueError: If it is not one.
    """
    lines = (folder / MANIFEST_NAME).read_text(encoding="utf-8").splitlines()
    digests = {}
    for line in lines:
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64:
            raise ValueError(f"{line[:80]!r} is not a line of a manifest")
        digests[name] = digest
    return digests


def changed_files(folder: Path, digests: Mapping[str, str], progress: Progress) -> list[str]:
    """Return the files that are missing from the folder or are not what the manifest says, sorted."""
    changed = []
    with progress.task("Checking", len(digests), "files") as advance:
        for name, digest in sorted(digests.items()):
            path = folder / name
            if not path.is_file() or sha256_of(path) != digest:
                changed.append(name)
            advance(1)
    return changed
