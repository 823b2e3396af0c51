"""A data set that was downloaded whole: how it is marked, and how it is recognised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from heartprobe.data.download.manifest import (
    MANIFEST_NAME,
    changed_files,
    manifest_digest,
    manifest_text,
    read_manifest,
)
from heartprobe.data.release import Release
from heartprobe.errors import DownloadError
from heartprobe.progress import Progress

SOURCE_NAME = "SOURCE.json"

_START_AFRESH = "Remove the folder to download it again, or read it as it is with --data-dir."


@dataclass(frozen=True, slots=True)
class Source:
    """Where a downloaded data set comes from.

    Attributes:
        data_set: Title of the release.
        version: The version, commit, tag or branch that was asked for.
        address: Where its files were loaded from.
        commit: The commit that the archive says it was made of, where it says so.
        manifest_sha256: SHA-256 of `MANIFEST.sha256`.
        is_published: Whether all files are those that are known to have been published.
    """

    data_set: str
    version: str
    address: str
    commit: str | None
    manifest_sha256: str
    is_published: bool


def mark_finished(folder: Path, digests: Mapping[str, str], source: Source) -> None:
    """Write the manifest and the source into the folder of a complete data set."""
    (folder / SOURCE_NAME).write_text(json.dumps(asdict(source), indent=2) + "\n", encoding="utf-8")
    (folder / MANIFEST_NAME).write_text(manifest_text(digests), encoding="utf-8")


def is_finished(target: Path, release: Release, progress: Progress) -> bool:
    """Return whether the target holds the whole release; `False` if there is nothing.

    Raises:
        DownloadError: If it holds something else, another version or a damaged copy: nothing that
            lies there is ever overwritten.
    """
    if not target.exists():
        return False
    if not target.is_dir():
        raise DownloadError(f"{target} is a file; a data set is downloaded into a folder of its own.")
    if not any(target.iterdir()):
        return False
    if not (target / MANIFEST_NAME).is_file():
        raise DownloadError(
            f"{target} is not empty, and what it holds was not downloaded by heartprobe (there is no {MANIFEST_NAME}). "
            f"Name another folder for the download, or read the data set that lies there with --data-dir {target}."
        )
    source, digests = _read_marks(target)
    if (source.data_set, source.version) != (release.title, release.version):
        raise DownloadError(
            f"{target} holds version {source.version} of {source.data_set}, and not version {release.version} of "
            f"{release.title}. Name another folder for the download."
        )
    if changed := changed_files(target, digests, progress):
        raise DownloadError(
            f"{len(changed)} of the {len(digests)} files that were downloaded to {target} are missing or changed, "
            f"such as {changed[0]}. {_START_AFRESH}"
        )
    return True


def _read_marks(target: Path) -> tuple[Source, dict[str, str]]:
    try:
        source = Source(**json.loads((target / SOURCE_NAME).read_text(encoding="utf-8")))
        digests = read_manifest(target)
    except (OSError, ValueError, TypeError) as error:
        raise DownloadError(
            f"The records of the download in {target} cannot be read: {error}. {_START_AFRESH}"
        ) from None
    if manifest_digest(digests) != source.manifest_sha256:
        raise DownloadError(f"{target / MANIFEST_NAME} was changed after the download. {_START_AFRESH}")
    return source, digests
