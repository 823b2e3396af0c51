"""Reading `bundle.json`, which anybody may have written: whatever is wrong with it is refused in a sentence."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final, NoReturn

from pydantic import ValidationError

from heartprobe.bundle.manifest import FORMAT_VERSION, Manifest
from heartprobe.errors import BundleError

MANIFEST: Final = "bundle.json"

#: Those that heartprobe writes have a few dozen kilobytes.
LARGEST_MANIFEST: Final = 1 << 20

_AGAIN: Final = "Take the folder from its source again."


def read_manifest(folder: Path) -> Manifest:
    """Read what a model folder says of itself; nothing else of it is looked at.

    Raises:
        BundleError: If there is no `bundle.json`, or it is none that this heartprobe can read.
    """
    path = folder / MANIFEST
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BundleError(f"{path} is a link or no file; a model folder holds plain files only. {_AGAIN}")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_MANIFEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(
            f"{folder} is no model folder: it has no {MANIFEST}. `heartprobe train` leaves one at RUN/bundle."
        ) from None
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror or error}.") from None
    return parse_manifest(content, path)


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """Return what a `bundle.json` says.

    Args:
        content: What it holds.
        path: What messages call it.

    Raises:
        BundleError: If it is none that this heartprobe can read.
    """
    if len(content) > LARGEST_MANIFEST:
        raise BundleError(
            f"{path} is larger than {LARGEST_MANIFEST >> 20} MiB, so it is no model description. {_AGAIN}"
        )
    try:
        values = json.loads(
            content.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_without_doubles,
        )
    # A whole number of thousands of digits is a ValueError, too.
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise BundleError(f"{path} cannot be read: {reason}. {_AGAIN}") from None
    version = values.get("version") if isinstance(values, dict) else None
    if isinstance(values, dict) and values.get("format") == "heartprobe-bundle" and version != FORMAT_VERSION:
        raise BundleError(
            f"{path} has version {_short(version)}; this heartprobe reads version {FORMAT_VERSION}. "
            "Use the heartprobe that wrote it, or train again."
        )
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(_plain(str(part)) for part in problem["loc"]) or "the file"
        what = _plain(problem["msg"].removeprefix("Value error, "))
        raise BundleError(f"{path} is no valid model description: {where}: {what}. {_AGAIN}") from None
    except RecursionError:
        raise BundleError(f"{path} cannot be read: it is nested too deeply. {_AGAIN}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:30]} is too large for a number")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{_short(name)} stands twice in one object")
        found[name] = value
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _plain(text: str) -> str:
    """Return a text from an untrusted file as one short line that a terminal can show."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= 300 else f"{plain[:297]}..."
