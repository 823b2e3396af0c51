"""The wanted files of a zip archive that may be damaged, of something else, or hostile.

Nothing in an archive is believed: names are checked before anything is written, sizes while it is
written, and the length of the list of entries before the list is read, because reading it costs
memory.
"""

from __future__ import annotations

import fnmatch
import hashlib
import posixpath
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from heartprobe.data.download.disk_space import require_space
from heartprobe.data.download.source_error import SourceError
from heartprobe.data.release import Archive, Limits
from heartprobe.errors import DownloadError
from heartprobe.progress import Advance, Progress

CHUNK_BYTES = 256 * 1024

#: What `zipfile` raises on damaged archives; `ValueError` for names that are no text, `OSError` for
#: positions outside the file, `RuntimeError` for encryption. (Errors in writing are caught earlier.)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, OSError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was taken out of an archive.

    Attributes:
        digests: SHA-256 by path relative to the target, with forward slashes.
        commit: The commit that the archive says it was made of (`git archive` writes it into the
            comment of a zip file), or `None`.
    """

    digests: dict[str, str]
    commit: str | None


def extract(part: Path, target: Path, archive: Archive, *, limits: Limits, progress: Progress) -> Extracted:
    """Write what is kept of an archive into a folder, and nothing else.

    The root of the data set is the innermost folder of the archive that holds all of it; paths
    below it are kept.

    Args:
        part: The zip file.
        target: An empty folder. What was written into it before an error stays there.
        archive: What is kept.
        limits: How large anything may be.
        progress: Is told the bytes.

    Raises:
        SourceError: If the archive is damaged, hostile, too large or not of this data set.
        DownloadError: If the files cannot be written here.
    """
    _check_directory(part, limits)
    try:
        with zipfile.ZipFile(part) as opened:
            entries = opened.infolist()
            _check_count(len(entries), limits)
            _check_names(entries)
            wanted = _select(entries, archive)
            _check_wanted(wanted, limits)
            n_bytes = sum(entry.file_size for entry in wanted.values())
            require_space(target.parent, n_bytes, spare_bytes=limits.spare_bytes)
            with progress.task("Unpacking", n_bytes, "B") as advance:
                digests = {
                    name: _write(opened, entry, target / name, limits, advance) for name, entry in wanted.items()
                }
            return Extracted(digests, _commit(opened.comment))
    except _DAMAGE as error:
        raise SourceError(f"the archive is damaged: {str(error) or 'it ends too early'}") from None


def check_text(part: Path) -> None:
    """Check that a file that should be a table is not the web page that some servers answer instead.

    Raises:
        SourceError: If it is.
    """
    with part.open("rb") as file:
        if file.read(64).lstrip()[:1] == b"<":
            raise SourceError("the answer is a web page, not a table")


def _check_directory(part: Path, limits: Limits) -> None:
    """Check the record at the end of the archive, which tells how long the list of entries is.

    `zipfile` looks for this record in the same way, and reads the list without any limit.
    """
    with part.open("rb") as file:
        head = file.read(64)
        file.seek(max(0, part.stat().st_size - 2**16 - 22 - 20))
        tail = file.read()
    if head.lstrip()[:1] == b"<":
        raise SourceError("the answer is a web page, not an archive")
    at = tail.rfind(b"PK\x05\x06")
    if not head.startswith(b"PK") or at < 0 or len(tail) < at + 22:
        raise SourceError("the answer is not a zip archive, or its end is missing")
    n_entries, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    if tail[max(0, at - 20) :].startswith(b"PK\x06\x07") or n_entries == 0xFFFF:
        raise SourceError("the archive uses the zip64 format, which this data set is far too small to need")
    if directory_bytes > limits.directory_bytes:
        raise SourceError(f"the archive is refused: its list of entries has {directory_bytes} bytes")
    _check_count(n_entries, limits)


def _check_count(n_entries: int, limits: Limits) -> None:
    if n_entries > limits.entries:
        raise SourceError(f"the archive is refused: it lists {n_entries} entries, far more than this data set has")


def _check_names(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse names that could lead out of the target on any system, and names that stand there twice."""
    seen = set()
    for entry in entries:
        name = entry.orig_filename
        parts = name.removesuffix("/").split("/")
        if any(part in ("", ".", "..") for part in parts) or any(map(_is_unsafe, name)):
            raise SourceError(f"the archive is refused: its entry {name[:80]!r} has an unsafe name")
        # Some systems take names for one that differ in case, or in how accents are written.
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise SourceError(f"the archive is refused: it holds {name[:80]!r} twice")
        seen.add(folded)


def _is_unsafe(letter: str) -> bool:
    return letter in '\\:*?"<>|' or unicodedata.category(letter) in ("Cc", "Cf", "Cs")


def _select(entries: Iterable[zipfile.ZipInfo], archive: Archive) -> dict[str, zipfile.ZipInfo]:
    """Return the entries that are kept by their path below the root of the data set."""
    files = {PurePosixPath(e.filename): e for e in entries if not e.is_dir() and not _is_hidden(e)}
    chosen = {_find_table(files, table) for table in archive.tables}
    for pattern in archive.kept:
        found = [path for path in files if fnmatch.fnmatchcase(path.name.lower(), pattern)]
        if not found:
            raise SourceError(f"the archive is not of this data set: it holds no file called {pattern}")
        chosen.update(found)
    wanted = sorted(chosen)
    root = posixpath.commonpath([path.parent for path in wanted])
    return {path.relative_to(root).as_posix(): files[path] for path in wanted}


def _find_table(files: Iterable[PurePosixPath], table: str) -> PurePosixPath:
    parts = PurePosixPath(table).parts
    found = [path for path in files if path.parts[-len(parts) :] == parts]
    if len(found) != 1:
        number = f"{len(found)} files named" if found else "no"
        raise SourceError(f"the archive is not of this data set: it holds {number} {table}")
    return found[0]


def _is_hidden(entry: zipfile.ZipInfo) -> bool:
    """Return whether the entry is one of those that a system adds, such as `__MACOSX/train/._x.wav`."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(entry.filename).parts)


def _check_wanted(wanted: dict[str, zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse links and other special files, and sizes over the limits."""
    total = 0
    for name, entry in wanted.items():
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise SourceError(f"the archive is refused: {name} is not a plain file but a link or a device")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SourceError(f"the archive is refused: {name} is packed in an unusual way")
        total += entry.file_size
        if entry.file_size > limits.file_bytes or total > limits.total_bytes:
            raise SourceError(f"the archive is refused: with {name} it unpacks to more than is accepted")


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, limits: Limits, advance: Advance) -> str:
    """Unpack one entry and return its SHA-256; `zipfile` checks the CRC at its end."""
    digest = hashlib.sha256()
    written = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except OSError as error:
        raise DownloadError(f"{path} cannot be written: {error.strerror}.") from None
    with file, opened.open(entry) as source:
        while chunk := source.read(CHUNK_BYTES):
            written += len(chunk)
            if written > min(entry.file_size, limits.file_bytes):
                raise SourceError(f"the archive is refused: {path.name} is longer than it claims")
            try:
                file.write(chunk)
            except OSError as error:
                raise DownloadError(f"{path} cannot be written: {error.strerror}.") from None
            digest.update(chunk)
            advance(len(chunk))
    if written != entry.file_size:
        raise SourceError(f"the archive is damaged: {path.name} has {written} of {entry.file_size} bytes")
    return digest.hexdigest()


def _commit(comment: bytes) -> str | None:
    return comment.decode() if re.fullmatch(rb"[0-9a-f]{40}", comment) else None
