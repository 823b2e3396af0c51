"""From a name to the files of an encoder: a folder, or a repository of the Hugging Face hub.

`huggingface_hub` does the downloading, so its environment variables hold: `HF_TOKEN`,
`HF_ENDPOINT`, `HF_HUB_OFFLINE`, `HF_HOME`. Whatever goes wrong becomes one sentence that says what
to do next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from heartprobe import __version__
from heartprobe.encoders.catalogue import CATALOGUE
from heartprobe.encoders.checkpoint import CONFIG, PREPROCESSORS, WEIGHTS, Checkpoint, files_of_index
from heartprobe.errors import EncoderError, did_you_mean

#: Folders of encoders that come with the package.
SHIPPED = Path(__file__).parent / "shipped"

NO_DOWNLOAD = "Use `--model-name heartprobe-pcg`, which is here already, or `logmel`, which needs no download."


def find_checkpoint(name: str, *, revision: str | None = None, known: Iterable[str] = ()) -> Checkpoint:
    """Return the files of an encoder, downloading them into the hub's cache where that is needed.

    A folder that holds a `config.json` wins over a hub id of the same name.

    Args:
        name: Catalogue name, folder or hub id.
        revision: Branch, tag or commit of the hub; by default the catalogue's commit, else `main`.
        known: Further names to offer when `name` is misspelt.

    Raises:
        EncoderError: There is no such folder or repository, or it cannot be reached.
    """
    require_possible(name, known=known)
    if is_shipped(name):
        return Checkpoint(name, name, __version__, SHIPPED / name)
    if (folder := _folder(name)) is not None:
        return Checkpoint(folder.name, str(folder), "local", folder)
    pinned = CATALOGUE[name].revision if name in CATALOGUE else None
    return _Repository(name, revision or pinned or "main", _hint(name, known)).fetch()


def require_possible(name: str, *, known: Iterable[str] = ()) -> None:
    """Refuse a name that no encoder can have, without asking the hub.

    Args:
        name: As for `find_checkpoint`.
        known: As for `find_checkpoint`.

    Raises:
        EncoderError: It is no folder, and cannot be a repository of the hub.
    """
    if not is_shipped(name) and _folder(name) is None and not _could_be_hub_id(name):
        kind = "there is no such folder" if _looks_like_path(name) else "it is neither in the catalogue nor a folder"
        raise EncoderError(
            f"Unknown encoder {name!r}: {kind}.{_hint(name, known)} `heartprobe encoders list` shows the catalogue; "
            f"{NO_DOWNLOAD}"
        )


def is_shipped(name: str) -> bool:
    """Return whether the encoder of that name lies in this package."""
    return name in CATALOGUE and CATALOGUE[name].family == "shipped"


def _folder(name: str) -> Path | None:
    """Return the folder of that name; one without a `config.json` gives way to the catalogue."""
    folder = Path(name).expanduser()
    is_meant = folder.is_dir() and (name not in CATALOGUE or (folder / CONFIG).is_file())
    return folder.resolve() if is_meant else None


def _hint(name: str, known: Iterable[str]) -> str:
    return "" if name in CATALOGUE else did_you_mean(name, [*CATALOGUE, *known])


def _looks_like_path(name: str) -> bool:
    return name.startswith(("/", ".", "~")) or name.endswith("/") or name.count("/") > 1 or "\\" in name


def _could_be_hub_id(name: str) -> bool:
    return name.count("/") == 1 and not _looks_like_path(name)


@dataclass(frozen=True, slots=True)
class _Repository:
    """One repository of the hub at one revision."""

    name: str
    revision: str
    hint: str

    def fetch(self) -> Checkpoint:
        """Download what loading needs, all of it from one commit."""
        self._knock()
        config = self._file(CONFIG, self.revision)
        if config is None:
            raise EncoderError(
                f"The hub's {self.name!r} holds no {CONFIG}, so it is no encoder that transformers can load.{self.hint}"
            )
        commit = config.parent.name
        self._first(PREPROCESSORS, commit)
        weights = self._first(WEIGHTS, commit)
        if weights is None:
            raise EncoderError(f"The hub's {self.name!r} holds neither {WEIGHTS[0]} nor {WEIGHTS[2]}.{self.hint}")
        if weights.name.endswith(".index.json"):
            for part in files_of_index(json.loads(weights.read_text(encoding="utf-8"))):
                self._file(part, commit)
        return Checkpoint(self.name, self.name, commit, config.parent)

    def _knock(self) -> None:
        """Fail at once where no hub answers and nothing is cached: the client would retry for long."""
        from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
        from huggingface_hub.errors import HfHubHTTPError

        if constants.HF_HUB_OFFLINE or try_to_load_from_cache(self.name, CONFIG, revision=self.revision) is not None:
            return
        try:
            get_hf_file_metadata(hf_hub_url(self.name, CONFIG, revision=self.revision))
        except HfHubHTTPError:
            return  # It answers; what it says is for `_file` to tell.
        except Exception as error:
            raise EncoderError(self._sentence(error, CONFIG)) from error

    def _first(self, filenames: Iterable[str], commit: str) -> Path | None:
        """Return the first of several files that is cached, else the first that the repository has."""
        from huggingface_hub import try_to_load_from_cache

        cached = [try_to_load_from_cache(self.name, filename, revision=commit) for filename in filenames]
        found = [Path(path) for path in cached if isinstance(path, str)]
        files = found or (self._file(filename, commit) for filename in filenames)
        return next((file for file in files if file is not None), None)

    def _file(self, filename: str, revision: str) -> Path | None:
        """Return the path of one file, or `None` where the repository has no such file."""
        from huggingface_hub import _CACHED_NO_EXIST, hf_hub_download, try_to_load_from_cache
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

        try:
            if try_to_load_from_cache(self.name, filename, revision=revision) is _CACHED_NO_EXIST:
                return None
            return Path(hf_hub_download(self.name, filename, revision=revision))
        except EntryNotFoundError as error:
            if isinstance(error, LocalEntryNotFoundError):
                raise EncoderError(self._sentence(error, filename)) from error
            return None
        # The client raises errors of its own, of the operating system and of the HTTP library below
        # it, which is another one in each of its major versions.
        except Exception as error:
            raise EncoderError(self._sentence(error, filename)) from error

    def _sentence(self, error: Exception, filename: str) -> str:
        """Say in one or two sentences why the hub did not give the encoder."""
        from huggingface_hub import constants, errors

        what = f"Encoder {self.name!r}"
        chain = list(causes(error))
        if any(isinstance(link, errors.GatedRepoError) for link in chain):
            return (
                f"{what} is gated: accept its terms at {constants.ENDPOINT}/{self.name} and give your token in "
                f"HF_TOKEN. {NO_DOWNLOAD}"
            )
        if any(isinstance(link, errors.RevisionNotFoundError) for link in chain):
            return f"{what} has no revision {self.revision!r} on {constants.ENDPOINT}."
        if any(isinstance(link, errors.RepositoryNotFoundError) for link in chain):
            return (
                f"{what} is not on {constants.ENDPOINT}, or it is private and HF_TOKEN does not give access."
                f"{self.hint} {NO_DOWNLOAD}"
            )
        if constants.HF_HUB_OFFLINE:
            return (
                f"{what}: its {filename} is not in the cache {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE forbids to "
                "fetch it."
                f"{self.hint} {NO_DOWNLOAD}"
            )
        return f"{what} cannot be fetched from {constants.ENDPOINT}: {reason_of(chain)}.{self.hint} {NO_DOWNLOAD}"


def causes(error: BaseException) -> Iterable[BaseException]:
    """Yield an error and those that it was raised from."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def reason_of(chain: list[BaseException]) -> str:
    """Return the first line of the innermost error that says anything."""
    texts = [str(link).strip() for link in chain]
    said = [text.splitlines()[0] for text in texts if text]
    return said[-1].rstrip(".") if said else type(chain[-1]).__name__
