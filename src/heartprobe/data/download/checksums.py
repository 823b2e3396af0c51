"""Whether a downloaded file is the one that its publisher made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from heartprobe.data.download.source_error import SourceError


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_md5(path: Path, md5: str | None) -> None:
    """Check a file against the checksum that archives such as Zenodo give; nothing where there is none.

    Raises:
        SourceError: If the file has another.
    """
    if md5 is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        raise SourceError(f"the checksum is wrong: the file has MD5 {found}, the published one {md5}")


@dataclass(frozen=True, slots=True)
class PublishedSums:
    """A list of checksums as `sha256sum` writes it; PhysioNet has one for every data set.

    Attributes:
        by_name: For the last part of each path: the paths that end with it, each with its SHA-256.
    """

    by_name: Mapping[str, Mapping[PurePosixPath, str]]

    @classmethod
    def read(cls, path: Path) -> PublishedSums:
        """Read a list.

        Raises:
            SourceError: If the file is none.
        """
        by_name: dict[str, dict[PurePosixPath, str]] = {}
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            match = re.fullmatch(r"([0-9a-f]{64}) [ *]?(.+)", line)
            if match is None:
                raise SourceError(f"the list of checksums cannot be read: {line[:40]!r}")
            listed = PurePosixPath(match[2])
            by_name.setdefault(listed.name, {})[listed] = match[1]
        return cls(by_name)

    def unlisted(self, name: str, part: Path, digests: Mapping[str, str]) -> Iterator[str]:
        """Compare a file of a release with the list, or what it held where it is not in the list itself.

        Args:
            name: Its name.
            part: The file.
            digests: SHA-256 of what was taken out of it, by path.

        Yields:
            The names that the list does not have.

        Raises:
            SourceError: If the list has another checksum for one.
        """
        own = self.by_name.get(PurePosixPath(name).name, {}).get(PurePosixPath(name))
        if own is not None:
            _compare(name, sha256_of(part), own)
            return
        for path, digest in digests.items():
            parts = PurePosixPath(path).parts
            found = [d for listed, d in self.by_name.get(parts[-1], {}).items() if listed.parts[-len(parts) :] == parts]
            if len(found) == 1:
                _compare(path, digest, found[0])
            else:
                yield path


def _compare(name: str, found: str, published: str) -> None:
    if found != published:
        raise SourceError(f"the checksum is wrong: {name} has SHA-256 {found}, the published one {published}")
