"""Every error that a user can cause, in one tree.

    HeartprobeError             the root; its text is one sentence or two, ready to be shown
    ├── ConfigError             a setting, an option or a configuration file is wrong
    ├── DataError               a data set, its tables or its folder is wrong
    │   ├── DatasetNotFoundError    nothing that can be read lies where it was expected
    │   ├── TableError              one row and column of a table is wrong
    │   └── SplitError              a split shares patients, lacks a part, or cannot be made
    ├── DownloadError           a download failed, was refused or did not match its checksum
    ├── AudioError              one recording cannot be used
    ├── EncoderError            an encoder is unknown, unreachable, gated or of the wrong kind
    ├── StoreError              the feature store cannot be read or written
    ├── TrainingError           training cannot start or did not end well
    ├── BundleError             a model folder is damaged, unknown or incomplete
    └── HubError                the Hugging Face hub cannot be reached, or refuses what is asked

A message names the thing (file, row, field), the value found, what was expected, and the next
step. The command line prints it on standard error and exits with `exit_code`: 2 where the use was
wrong, 1 where the use was right and the work failed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AudioError",
    "BundleError",
    "ConfigError",
    "DataError",
    "DatasetNotFoundError",
    "DownloadError",
    "EncoderError",
    "HeartprobeError",
    "HubError",
    "SplitError",
    "StoreError",
    "TableError",
    "TrainingError",
    "did_you_mean",
]


class HeartprobeError(Exception):
    """The root of all errors that a user can cause."""

    exit_code = 2


class ConfigError(HeartprobeError):
    """A setting, an option or a configuration file is wrong."""


class DataError(HeartprobeError):
    """A data set, its tables or its folder is wrong."""


class DatasetNotFoundError(DataError):
    """Nothing that can be read as the data set lies where it was expected."""


class TableError(DataError):
    """One row and column of a table is wrong."""


class SplitError(DataError):
    """A split shares patients between its parts, lacks a part, or cannot be made."""


class DownloadError(HeartprobeError):
    """A download failed, was refused or did not match its checksum."""

    exit_code = 1


class AudioError(HeartprobeError):
    """One recording cannot be used.

    Attributes:
        kind: What is wrong, as one of the fixed words of `heartprobe.audio`.
    """

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class EncoderError(HeartprobeError):
    """An encoder is unknown, unreachable, gated or of the wrong kind."""


class StoreError(HeartprobeError):
    """The feature store cannot be read or written."""

    exit_code = 1


class TrainingError(HeartprobeError):
    """Training cannot start or did not end well."""

    exit_code = 1


class BundleError(HeartprobeError):
    """A model folder is damaged, of an unknown version or incomplete."""


class HubError(HeartprobeError):
    """The Hugging Face hub cannot be reached, or refuses what is asked of it."""

    exit_code = 1


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the closest known name, or an empty string.

    The comparison ignores case and treats `-` and `_` alike.
    """
    folded = {name.lower().replace("-", "_"): name for name in known}
    close = difflib.get_close_matches(given.lower().replace("-", "_"), folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[close[0]]!r}?" if close else ""
