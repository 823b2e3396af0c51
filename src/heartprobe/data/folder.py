"""What lies below a data folder: tables and recordings, found by name wherever they are."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from heartprobe.data.faults import IMPOSSIBLE, Faults
from heartprobe.data.recordings import Finding
from heartprobe.data.tables import Table, read_table
from heartprobe.errors import ConfigError, DataError, DatasetNotFoundError, did_you_mean

AUDIO_SUFFIXES = (".wav", ".flac")
TABLE_SUFFIX = ".csv"

#: What macOS puts into archives beside the files themselves.
_RESOURCE_FORKS = "__MACOSX"


#: How to come by BMD-HS, or by something in its place.
_BMD_HS_WAYS_OUT = (
    "Give the folder that holds it with --data-dir or --data, download it with `heartprobe data fetch bmd-hs`, "
    "or make synthetic patients with `heartprobe data synth DIR`."
)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is hoped to be found in a folder, for messages.

    Attributes:
        what: Such as `"The data set 'bmd-hs'"`.
        ways_out: What to do when it is not there, in one sentence or two.
    """

    what: str
    ways_out: str = _BMD_HS_WAYS_OUT

    @classmethod
    def published(cls, name: str, url: str) -> Sought:
        """Return a data set that its authors publish under an address."""
        way_out = f"Give the folder that holds it with --data-dir or --data. It is published at {url}"
        return cls(f"The data set {name!r}", way_out)

    def missing(self, reason: str) -> DatasetNotFoundError:
        """Compose the error for what is not there: what, where, and the ways out."""
        return DatasetNotFoundError(f"{self.what} was not found: {reason} {self.ways_out}")

    def require(self, recordings: Sized, listed: str, findings: Sequence[Finding]) -> None:
        """Check that there is a recording that can be used, or a fault in the tables that may be the reason.

        Args:
            recordings: Those that can be used.
            listed: What lists how many, such as `"train.csv lists 4"`.
            findings: What was noticed on the way.

        Raises:
            DatasetNotFoundError: If there is neither; with the first finding.
        """
        if not recordings and all(finding.kind != IMPOSSIBLE for finding in findings):
            first = f" {findings[0].subject}: {findings[0].detail}" if findings else ""
            raise self.missing(f"{listed} recordings with labels, of which none can be used.{first}")


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The tables and recordings below a folder; nothing else in it is looked at.

    Attributes:
        path: The folder.
        tables: Every `.csv` file, sorted.
        audio: Every `.wav` and `.flac` file by its name without suffix, sorted.
        further: Every file with one of the further suffixes that were asked for, sorted.
    """

    path: Path
    tables: tuple[Path, ...]
    audio: Mapping[str, tuple[Path, ...]]
    further: tuple[Path, ...] = ()

    def tables_named(self, name: str) -> tuple[Path, ...]:
        """Return every table of this file name, wherever it lies."""
        return tuple(table for table in self.tables if table.name == name)

    def find_table(self, name: str, setting: str) -> Path | None:
        """Return the one table of this name, or `None` where there is none.

        Args:
            name: File name, or the end of a path such as `tables/train.csv`.
            setting: The setting that gives the name, for messages.

        Raises:
            ConfigError: If the name is not that of a `.csv` file.
            DataError: If several files below the folder have this name.
        """
        wanted = PurePath(name).parts
        if PurePath(name).suffix.lower() != TABLE_SUFFIX:
            raise ConfigError(f"{setting} is {name!r}, but a table is a {TABLE_SUFFIX} file; nothing else is opened.")
        found = [table for table in self.tables if table.parts[-len(wanted) :] == wanted]
        if len(found) > 1:
            places = ", ".join(str(table) for table in found)
            raise DataError(
                f"There are {len(found)} tables named {name!r} below {self.path}: {places}. "
                "Give the folder that holds only the one to be read."
            )
        return found[0] if found else None

    def renamed(self, recordings: Iterable[tuple[str, Path]]) -> DataFolder:
        """Return the folder with other names for its recordings, each with its file; several may have one name."""
        audio: dict[str, tuple[Path, ...]] = {}
        for name, path in recordings:
            audio[name] = (*audio.get(name, ()), path)
        return replace(self, audio=audio)

    def read(self, table: Path, faults: Faults, heading: Sequence[str] | None = None) -> Table:
        """Read a table below the folder; see `read_table`."""
        return read_table(table, self.relative(table), faults, heading)

    def relative(self, file: Path) -> str:
        """Return the name of a file as seen from the folder, with what is not UTF-8 in it written out."""
        return os.fsencode(file.relative_to(self.path)).decode(errors="backslashreplace")


def look_through(folder: Path, sought: Sought, further_suffixes: Collection[str] = ()) -> DataFolder:
    """List the tables and recordings below a folder.

    Hidden files and folders are left out, links to folders are followed once.

    Args:
        folder: Where to look.
        sought: What is hoped to be found there, for messages.
        further_suffixes: Suffixes of other files that the data set has, such as `".txt"`.

    Raises:
        DatasetNotFoundError: If the folder does not exist or is not a folder.
        DataError: If a part of it cannot be read.
    """
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        hint = did_you_mean(folder.name, _folder_names(folder.parent)) if not folder.exists() else ""
        raise sought.missing(f"{folder} {what}.{hint}")
    tables: list[Path] = []
    audio: dict[str, list[Path]] = {}
    further: list[Path] = []
    for file in sorted(_files(folder)):
        suffix = file.suffix.lower()
        if suffix == TABLE_SUFFIX:
            tables.append(file)
        elif suffix in AUDIO_SUFFIXES:
            audio.setdefault(file.stem, []).append(file)
        elif suffix in further_suffixes:
            further.append(file)
    by_stem = {stem: tuple(files) for stem, files in audio.items()}
    return DataFolder(folder, tuple(tables), by_stem, tuple(further))


def _files(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder; a link that leads back is not followed again."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error

    visited: set[Path] = set()
    for place, folders, names in os.walk(folder, followlinks=True, onerror=refuse):
        real_place = Path(place).resolve()
        if real_place in visited:
            folders.clear()
            continue
        visited.add(real_place)
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in names:
            file = Path(place, name)
            if not _is_hidden(name) and file.is_file():
                yield file


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == _RESOURCE_FORKS


def _folder_names(parent: Path) -> list[str]:
    try:
        return [entry.name for entry in parent.iterdir() if entry.is_dir()]
    except OSError:
        return []
