"""One stored entry: the features of one sound under one recipe as a safetensors file.

Tensors `layer.000` and on, `(windows, width)`; `starts_s`, `(windows,)`; `is_repeated`, `(1,)`. The
metadata hold a SHA-256 for each, so that a layer can be read alone and is checked all the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from heartprobe.errors import StoreError
from heartprobe.features.pooling import PooledWindows


class DamagedEntryError(StoreError):
    """A stored entry is not what was written; it has to be computed anew.

    Attributes:
        path: Where it lies.
        what: What is wrong with it, in words.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} is damaged: {what}. Start again: it is then computed anew.")
        self.path, self.what = path, what


@dataclass(frozen=True, slots=True, eq=False)
class StoredWindows:
    """The features of the windows of one recording, on disk.

    Attributes:
        path: The file.
        identity: What the checksums are bound to.
        n_layers: Number of hidden states.
        starts_s: `(windows,)`, seconds of recording.
        is_repeated: Whether the recording was shorter than one window and was repeated to fill it.
    """

    path: Path
    identity: str
    n_layers: int
    starts_s: NDArray[np.float64]
    is_repeated: bool

    def layer(self, index: int) -> NDArray[np.float32]:
        """Read one layer, `(windows, width)`, and nothing else, and check it.

        Raises:
            DamagedEntryError: The layer is not what was written.
            StoreError: The file has gone.
        """
        try:
            with _opened(self.path) as entry:
                return _checked(entry, self.path, self.identity, _layer_name(index), _checksums(entry, self.path))
        except FileNotFoundError as error:
            raise StoreError(
                f"{self.path} was removed while it was in use. Start again: it is computed anew."
            ) from error


def serialise(windows: PooledWindows, identity: str) -> bytes:
    """Return the content of an entry; the same for the same features, byte for byte."""
    arrays: dict[str, NDArray[Any]] = {
        "starts_s": np.asarray(windows.starts_s, dtype=np.float64),
        "is_repeated": np.array([windows.is_repeated], dtype=np.uint8),
    }
    arrays |= {_layer_name(i): np.ascontiguousarray(layer) for i, layer in enumerate(windows.layers)}
    checksums = {name: _checksum(identity, name, array) for name, array in arrays.items()}
    # Under one key, because safetensors writes several in random order.
    return save(arrays, metadata={"sha256": json.dumps(checksums, sort_keys=True)})


def open_verified(path: Path, identity: str) -> StoredWindows:
    """Check everything in an entry and return it, its layers not in memory.

    Raises:
        FileNotFoundError: There is none.
        DamagedEntryError: It is not what was written for this identity.
        StoreError: It cannot be read.
    """
    with _opened(path) as entry:
        checksums = _checksums(entry, path)
        arrays = {name: _checked(entry, path, identity, name, checksums) for name in sorted(checksums)}
    n_layers = sum(name.startswith("layer.") for name in arrays)
    if arrays.keys() != {*map(_layer_name, range(n_layers)), "starts_s", "is_repeated"}:
        raise DamagedEntryError(path, "its tensors are not those of features")
    return StoredWindows(path, identity, n_layers, arrays["starts_s"], bool(arrays["is_repeated"][0]))


def _layer_name(index: int) -> str:
    return f"layer.{index:03d}"


def _checksum(identity: str, name: str, array: NDArray[Any]) -> str:
    """Return the SHA-256 of an array, bound to the entry and the place that it belongs to."""
    hashed = hashlib.sha256(f"{identity} {name} {array.dtype} {array.shape} ".encode())
    hashed.update(np.ascontiguousarray(array).data)
    return hashed.hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="numpy") as entry:
            yield entry
    except SafetensorError as error:
        raise DamagedEntryError(path, f"it cannot be read as safetensors ({error})") from error
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(
            f"Stored features cannot be read: {path}: {error.strerror or error}. "
            "Allow it, or name another cache folder in the variable HEARTPROBE_CACHE."
        ) from error


def _checksums(entry: Any, path: Path) -> dict[str, str]:
    """Return the checksums by name that an entry lists, which must be those of its tensors."""
    try:
        checksums: dict[str, str] = json.loads((entry.metadata() or {})["sha256"])
    except (KeyError, ValueError) as error:
        raise DamagedEntryError(path, "it lists no checksums") from error
    if not isinstance(checksums, dict) or checksums.keys() != set(entry.keys()):
        raise DamagedEntryError(path, "its tensors are not those that it lists")
    return checksums


def _checked(entry: Any, path: Path, identity: str, name: str, checksums: Mapping[str, str]) -> NDArray[Any]:
    array: NDArray[Any] = entry.get_tensor(name)
    if checksums[name] != _checksum(identity, name, array):
        raise DamagedEntryError(path, f"the checksum of {name} does not agree")
    return array
