"""The file of results that grows while an archive is predicted, and that a later run goes on from.

It holds one line of JSON for each patient. A line's `key` covers the version of heartprobe, the
model, the settings and every byte of the patient's files, so that what is found in the file is
what would be computed again. It begins with whose it is: the patient and the folder of the files.
Lines are only ever added; one that was broken off is cut away. When all patients are done, the
file is put into their order and what no longer belongs to them is left out. `require_nobody_lost`
refuses to begin where that would be the result of somebody else.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from heartprobe import __version__
from heartprobe.atomic import replacing
from heartprobe.errors import ConfigError
from heartprobe.predict.earlier import owner_key, would_be_lost
from heartprobe.predict.given import GivenPatient, GivenRecording

#: Changes whenever results are computed or stored in another way within one version of heartprobe.
_FORMAT: Final = 4

#: Bytes that are hashed at a time.
_BLOCK = 1 << 20


@dataclass(slots=True, eq=False)
class Results:
    """The lines of a results file by their keys; only their places are held in memory."""

    path: Path
    _file: BinaryIO
    _places: dict[str, int] = field(default_factory=dict)

    def find(self, key: str) -> dict[str, Any] | None:
        """Return a patient's stored result, or `None`."""
        place = self._places.get(key)
        if place is None:
            return None
        self._file.seek(place)
        found: dict[str, Any] = json.loads(self._file.readline())
        return found

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def add(self, key: str, result: Mapping[str, Any]) -> None:
        """Write one patient's result; it is in the file when this returns."""
        place = self._file.seek(0, os.SEEK_END)
        self._file.write(_line(key, result))
        self._file.flush()
        self._places[key] = place

    def require_nobody_lost(self, patients: Iterable[GivenPatient]) -> None:
        """Refuse to go on where somebody is stored who is not among these patients: `finish` would leave them out.

        Raises:
            ConfigError: If there is such a patient.
        """
        if not self._places:
            return
        owners = {owner_key(given) for given in patients}
        # One patient may have several results, such as of two models.
        lost = {owner: key for key in self._places if (owner := owner_in(key)) not in owners}
        if lost:
            ids = {owner: str((self.find(key) or {}).get("patient_id")) for owner, key in lost.items()}
            raise would_be_lost(self.path, "--results", ids)

    def finish(self, keys: list[str]) -> None:
        """Put the file into this order and leave everything else out, at once or not at all."""
        if list(self._places) == keys:
            os.fsync(self._file.fileno())
            return
        with replacing(self.path) as unfinished, unfinished.open("wb") as file:
            for key in keys:
                self._file.seek(self._places[key])
                file.write(self._file.readline())
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def open_results(path: Path) -> Iterator[Results]:
    """Open the results of an earlier run, or begin a new file.

    Raises:
        ConfigError: If another process writes to the file, or it holds something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"Another process writes to {path}. Wait for it, or give another file.") from None
        results = Results(path, file)
        _index(results)
        yield results


def result_key(given: GivenPatient, model: str, settings: Mapping[str, Any]) -> str:
    """Return the identity of a result: of heartprobe, the model, the settings, and the patient with all files' content.

    A file that cannot be read counts by its name alone. What stands before the hyphen is the patient's `owner_key`,
    the same when files, model or settings have changed.
    """
    digest = hashlib.sha256()
    said = {
        "heartprobe": __version__,
        "format": _FORMAT,
        "model": model,
        "settings": dict(settings),
        "patient": given.patient_id,
        "demographics": asdict(given.demographics),
        "is_guessed": given.is_guessed,
        "recordings": [(r.name, _place(r), str(r.position)) for r in given.recordings],
    }
    digest.update(json.dumps(said, sort_keys=True).encode("utf-8", "surrogateescape"))
    for recording in given.recordings:
        digest.update(_content(recording))
    return f"{owner_key(given)}-{digest.hexdigest()}"


def owner_in(key: str) -> str:
    """Return whose result it is that has this key: the patient's `owner_key`."""
    return key.partition("-")[0]


def _place(recording: GivenRecording) -> str:
    return str(recording.source.absolute()) if isinstance(recording.source, Path) else "in memory"


def _content(recording: GivenRecording) -> bytes:
    source = recording.source
    if isinstance(source, Path):
        return _file_content(source)
    return hashlib.sha256(source).digest() if isinstance(source, bytes) else source.sha256().encode()


def _file_content(path: Path) -> bytes:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        return f"unreadable {error.errno}".encode()
    return digest.digest()


def _line(key: str, result: Mapping[str, Any]) -> bytes:
    return (json.dumps({"key": key, **result}, allow_nan=False) + "\n").encode()


def _index(results: Results) -> None:
    file = results._file
    file.seek(0)
    place = 0
    for line in iter(file.readline, b""):
        if not line.endswith(b"\n"):
            file.truncate(place)
            return
        results._places[_key_of(results.path, line)] = place
        place += len(line)


def _key_of(path: Path, line: bytes) -> str:
    try:
        return str(json.loads(line)["key"])
    except (ValueError, TypeError, KeyError):
        raise ConfigError(
            f"{path} holds something else than results of `heartprobe predict`; it is left as it is. "
            "Give another file with --results."
        ) from None
