"""Fetching a model folder from the hub: exactly the files that its `bundle.json` names, and only if they are whole.

The hub's client keeps what it loads in its own cache as links. The model is put together from
there as a folder of plain files, checked like any other, and kept under the name of its commit.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from heartprobe.bundle.contents import CARD
from heartprobe.bundle.folder import read_bundle
from heartprobe.bundle.hub.reference import HubReference, is_commit
from heartprobe.bundle.hub.refusals import fetching_failed
from heartprobe.bundle.manifest import Manifest
from heartprobe.bundle.manifest_file import LARGEST_MANIFEST, MANIFEST, read_manifest
from heartprobe.errors import BundleError, HubError
from heartprobe.machine import cache_folder

if TYPE_CHECKING:
    from huggingface_hub.file_download import HfFileMetadata

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FetchedBundle:
    """A model that was fetched.

    Attributes:
        folder: A model folder, checked.
        name: `OWNER/NAME`.
        commit: The commit of the repository, by which the same model is fetched again.
    """

    folder: Path
    name: str
    commit: str

    @property
    def pinned(self) -> str:
        """What names exactly this model."""
        return f"{self.name}@{self.commit}"


def fetch_bundle(text: str) -> FetchedBundle:
    """Return a model of the hub as a folder on this machine, loading it where that is needed.

    One that was loaded before and is named by its commit is not asked for again.

    Args:
        text: `OWNER/NAME`, or `OWNER/NAME@REVISION` for a branch, tag or commit.

    Raises:
        ConfigError: If the name is none.
        HubError: If the hub cannot be reached, or does not give it.
        BundleError: If the repository holds no model of heartprobe, or a damaged one.
    """
    wanted = HubReference.parse(text)
    if wanted.is_pinned and _is_whole(_kept(wanted.name, wanted.revision)):
        return FetchedBundle(_kept(wanted.name, wanted.revision), wanted.name, wanted.revision)
    described = _Repository(wanted).describe()
    commit = described.parent.name
    if not is_commit(commit):
        raise HubError(f"The hub names the commit {commit!r} of {wanted.name!r}, which is none.")
    kept = _kept(wanted.name, commit)
    if not _is_whole(kept):
        _put_together(_Repository(HubReference(wanted.name, commit)), described, kept)
    return FetchedBundle(kept, wanted.name, commit)


def _kept(name: str, commit: str) -> Path:
    return cache_folder() / "models" / name.replace("/", "--") / commit


def _is_whole(folder: Path) -> bool:
    try:
        read_bundle(folder)
    except (BundleError, OSError):
        return False
    return True


def _put_together(repository: _Repository, described: Path, folder: Path) -> None:
    """Make a model folder of what the repository holds, if it passes all checks."""
    unfinished = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    unfinished.mkdir(parents=True)
    try:
        shutil.copyfile(described, unfinished / MANIFEST)
        manifest = _manifest(unfinished, repository.wanted)
        for name in manifest.files:
            (unfinished / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(repository.file(name), unfinished / name)
        card = repository.file_or_none(CARD)
        if card is not None:
            shutil.copyfile(card, unfinished / CARD)
        try:
            read_bundle(unfinished)
        except BundleError as error:
            raise BundleError(_of_hub(str(error), unfinished, repository.wanted)) from None
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _manifest(folder: Path, wanted: HubReference) -> Manifest:
    try:
        manifest = read_manifest(folder)
    except BundleError as error:
        raise BundleError(_of_hub(str(error), folder, wanted)) from None
    if manifest.encoder.is_on_this_machine:
        raise BundleError(
            f"The model {wanted.name!r} names a folder of its author's machine as its encoder; it is not opened. "
            "Ask its author to publish it with `heartprobe push`."
        )
    return manifest


def _of_hub(sentence: str, folder: Path, wanted: HubReference) -> str:
    """Name the repository in a sentence about the folder that it was put together in."""
    return sentence.replace(f"{folder}/", f"{wanted}: ").replace(str(folder), str(wanted))


@dataclass(frozen=True, slots=True)
class _Repository:
    """One repository of the hub at one revision."""

    wanted: HubReference

    def describe(self) -> Path:
        """Load `bundle.json`, which says what else there is."""
        from huggingface_hub import constants

        if not constants.HF_HUB_OFFLINE:
            size = self._ask(self._look).size
            if size is not None and size > LARGEST_MANIFEST:
                raise BundleError(f"The {MANIFEST} of {self.wanted} is too large to be a model description.")
        return self.file(MANIFEST)

    def file(self, name: str) -> Path:
        """Return the path of one file in the client's cache."""
        path = self.file_or_none(name)
        if path is None:
            raise BundleError(self._lacks(name))
        return path

    def file_or_none(self, name: str) -> Path | None:
        """Return the path of one file, or `None` where the repository has none of that name."""
        from huggingface_hub import constants, hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

        try:
            return Path(hf_hub_download(self.wanted.name, name, revision=self.wanted.revision))
        except EntryNotFoundError as error:
            if not isinstance(error, LocalEntryNotFoundError):
                return None
            # Offline nobody can tell whether a card was published.
            if constants.HF_HUB_OFFLINE and name == CARD:
                return None
            raise fetching_failed(error, self.wanted) from error
        # Of the client, of the operating system and of the HTTP library below it, which is another one in each version.
        except Exception as error:
            raise fetching_failed(error, self.wanted) from error

    def _look(self) -> HfFileMetadata:
        """Ask for the size alone: this fails at once where no hub answers, while loading is tried for long."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        return get_hf_file_metadata(hf_hub_url(self.wanted.name, MANIFEST, revision=self.wanted.revision))

    def _ask(self, question: Callable[[], _T]) -> _T:
        from huggingface_hub.errors import EntryNotFoundError

        try:
            return question()
        except EntryNotFoundError:
            raise BundleError(self._lacks(MANIFEST)) from None
        except Exception as error:
            raise fetching_failed(error, self.wanted) from error

    def _lacks(self, name: str) -> str:
        if name == MANIFEST:
            return (
                f"The hub's {self.wanted} is no model of heartprobe: it has no {MANIFEST}. "
                "`heartprobe push` publishes one."
            )
        return f"The model {self.wanted} lacks {name}, which its {MANIFEST} names. Ask its author to publish it again."
