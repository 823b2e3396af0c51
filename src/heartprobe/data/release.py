"""How a data set is published: what is declared of its download before anything is downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How large anything may be: far above the data set, far below harm.

    The defaults are for BMD-HS, some 900 entries of 160 kB.

    Attributes:
        archive_bytes: Length of an archive.
        directory_bytes: Length of its list of entries.
        entries: Number of entries, wanted or not.
        file_bytes: Length of one unpacked file.
        total_bytes: Length of all unpacked files.
        spare_bytes: Disk space that must remain free.
    """

    archive_bytes: int = 2**30
    directory_bytes: int = 4 * 2**20
    entries: int = 10_000
    file_bytes: int = 64 * 2**20
    total_bytes: int = 2**30
    spare_bytes: int = 64 * 2**20


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is kept as it is.

    Attributes:
        name: What is appended to the address of the release; also its name in the data folder.
        md5: Its checksum, where it is known.
    """

    name: str
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip archive of which some files are kept.

    Attributes:
        name: What is appended to the address of the release; empty where that is the archive's own.
        kept: Patterns of the names of the files that are kept, in small letters; for each there must
            be a file. Nothing else is ever written.
        tables: Names of the tables that are kept, or ends of their paths; each must be there once.
        into: Folder below the data folder that it is unpacked into; empty for the data folder itself.
        md5: Its checksum, where it is known.
    """

    name: str = ""
    kept: tuple[str, ...] = ("*.wav",)
    tables: tuple[str, ...] = ()
    into: str = ""
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A version of a data set that can be downloaded by anybody.

    Attributes:
        title: What messages call the data set.
        version: The version, or the commit, tag or branch of a repository.
        addresses: Where it can be had; each serves all files, and they are tried in this order.
        files: What is loaded from there.
        terms: What a person should know who has downloaded it.
        ways_out: What to do when no address gives it.
        n_bytes: Disk space that archives and files take together, roughly; 0 where it is not known.
        limits: How large anything may be.
        sums: Address of the list of SHA-256 that its publisher keeps; empty without one. An archive
            that is in the list is compared with it, otherwise the files that it holds.
        manifests: SHA-256 of the manifest of all files by version, where they are known.
    """

    title: str
    version: str
    addresses: tuple[str, ...]
    files: tuple[TableFile | Archive, ...]
    terms: str
    ways_out: str
    n_bytes: int = 0
    limits: Limits = field(default_factory=Limits)
    sums: str = ""
    manifests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person has to do where heartprobe cannot download a data set.

    Attributes:
        how: Where it is and why it is not downloaded, in one sentence.
        layout: What the folder must look like, in one sentence.
    """

    how: str
    layout: str


def ways_out(url: str) -> str:
    """Return what to do when a download fails: the publisher's page, and a folder that was filled by hand."""
    return (
        f"Two ways on: try again later; or load the files by hand from {url} and name their folder with --data-dir DIR."
    )
