"""Finding the recordings below folders, and telling whose they are from their names."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePath
from typing import Final, Literal, get_args

from heartprobe.data.bmd_hs import position_of
from heartprobe.data.recordings import Demographics, Position
from heartprobe.errors import ConfigError, DataError
from heartprobe.predict.given import GivenPatient, GivenRecording

GroupBy = Literal["name", "folder", "file"]

#: Every way to tell whose recordings are.
GROUP_BY: Final[tuple[GroupBy, ...]] = get_args(GroupBy)

#: What a file in a folder must end with to be taken for a recording, in small letters. A file that is named itself is
#: taken whatever it is called.
SUFFIXES: Final = (".wav", ".wave", ".flac", ".mp3", ".ogg", ".oga", ".aif", ".aiff")


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The recordings in files and below folders.

    Attributes:
        paths: Files and folders.
        group_by: `"name"`: files in one folder whose names differ in nothing but the position at
            their end are of one patient. `"folder"`: so are all files in one folder. `"file"`:
            every file is of another patient.
        demographics: Of everybody.
        passed_over: How many files have another ending, by ending; counted while patients are
            taken.
    """

    paths: Sequence[Path]
    group_by: GroupBy = "name"
    demographics: Demographics = field(default_factory=Demographics)
    passed_over: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if self.group_by not in GROUP_BY:
            raise ConfigError(f"--group-by {self.group_by}: expected {', '.join(GROUP_BY)}.")

    def patients(self) -> Iterator[GivenPatient]:
        """Yield the patients, folder by folder in the order of names; one folder is held at a time.

        A patient is called by the path of the files without position and ending, as seen from the
        folder that was given, or as it was given where there are several.

        Raises:
            DataError: If a folder cannot be read.
        """
        self.passed_over.clear()
        # Files that are given one by one belong together like those of one folder.
        single = [path for path in self.paths if not path.is_dir()]
        yield from self._grouped([(str(path), path) for path in single])
        folders = [path for path in self.paths if path.is_dir()]
        for folder in folders:
            origin = folder if len(self.paths) == 1 else None
            for place, names in self._walk(folder):
                files = [place / name for name in names]
                yield from self._grouped([(_label(file, origin), file) for file in files])

    def n_recordings(self) -> int:
        """Count the recordings, holding none of them."""
        folders = [path for path in self.paths if path.is_dir()]
        below = sum(len(names) for folder in folders for _, names in self._walk(folder))
        return below + len(self.paths) - len(folders)

    def _walk(self, folder: Path) -> Iterator[tuple[Path, list[str]]]:
        for place, folders, names in os.walk(folder, onerror=_refuse):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            visible = sorted(name for name in names if not name.startswith("."))
            yield Path(place), [name for name in visible if PurePath(name).suffix.lower() in SUFFIXES]
            self.passed_over.update(
                suffix for name in visible if (suffix := PurePath(name).suffix.lower()) not in SUFFIXES
            )

    def _grouped(self, files: Sequence[tuple[str, Path]]) -> Iterator[GivenPatient]:
        owned = sorted((self._owner(label), label, path) for label, path in files)
        for owner, group in groupby(owned, key=lambda one: one[0]):
            recordings = tuple(GivenRecording(path, label, position_in(path)) for _, label, path in group)
            yield GivenPatient(owner, recordings, self.demographics, is_guessed=True)

    def _owner(self, label: str) -> str:
        path = PurePath(label)
        if self.group_by == "folder":
            return str(path.parent)
        # Two formats of one recording are two recordings of one patient, but by file.
        if self.group_by == "file":
            return label
        position = position_in(path)
        if path.stem == str(position):
            return str(path.parent)
        return str(path.with_name(path.stem.removesuffix(f"_{position}")))


def position_in(path: PurePath) -> Position | None:
    """Return the position that a file is named after or that its name ends with: `sup_Mit.wav`, `P1_sup_Mit.wav`."""
    # The pattern asks for something before the position.
    return position_of(f"-_{path.stem}")


def _label(file: Path, origin: Path | None) -> str:
    return str(file if origin is None else file.relative_to(origin))


def _refuse(error: OSError) -> None:
    raise DataError(f"The folder {error.filename} cannot be read: {error.strerror}. Change its rights or leave it out.")
