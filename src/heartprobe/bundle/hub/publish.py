"""Publishing a model folder on the hub: its files and its card, and nothing that tells of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from heartprobe.bundle.contents import CARD, ENCODER
from heartprobe.bundle.folder import Bundle, read_bundle
from heartprobe.bundle.hub.reference import HubReference
from heartprobe.bundle.hub.refusals import publishing_failed
from heartprobe.bundle.manifest import ELSEWHERE, Manifest
from heartprobe.bundle.manifest_file import MANIFEST
from heartprobe.errors import ConfigError, HubError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

#: What the hub shows of a repository.
_SHOWN: Final = "README.md"

#: What a card calls a model that is not published yet.
_UNPUBLISHED: Final = "OWNER/NAME"


@dataclass(frozen=True, slots=True)
class Published:
    """A model that was published.

    Attributes:
        name: `OWNER/NAME`.
        commit: The commit that holds it.
        url: Where people look at it.
        notes: What a person should know about it.
    """

    name: str
    commit: str
    url: str
    notes: tuple[str, ...]


def publish_bundle(folder: Path, name: str, *, is_private: bool = False) -> Published:
    """Publish a model folder under `OWNER/NAME`, in a repository that is made if there is none.

    Files of an older model in the repository that the new one does not have are deleted there;
    others are left alone. An encoder that lies in a folder of this machine is not published: whoever
    uses the model names it with `--encoder`, and its fingerprint is compared.

    Args:
        folder: The model folder; it is checked before anything is sent.
        name: `OWNER/NAME`.
        is_private: Whether only its owners may see it.

    Raises:
        BundleError: If the folder is no whole model.
        ConfigError: If the name is none.
        HubError: If there is no token, or the hub refuses or cannot be reached.
    """
    if "@" in name:
        raise ConfigError(f"{name!r} names a revision; a model is published under OWNER/NAME, as the newest one.")
    wanted = HubReference.parse(name, takes_revision=False)
    bundle = read_bundle(folder)
    manifest, notes = _without_this_machine(bundle.manifest)
    from huggingface_hub import HfApi, constants, get_token

    if get_token() is None:
        raise HubError(
            f"There is no token for {constants.ENDPOINT}: make one with write access at {constants.ENDPOINT}/settings/"
            "tokens and give it in HF_TOKEN, or run `hf auth login`."
        )
    try:
        commit = _send(HfApi(), wanted.name, _files(bundle, manifest, wanted.name), is_private=is_private)
    except HubError:
        raise
    # Of the client, of the operating system and of the HTTP library below it, which is another one in each version.
    except Exception as error:
        raise publishing_failed(error, wanted.name) from error
    return Published(wanted.name, commit, f"{constants.ENDPOINT}/{wanted.name}/tree/{commit}", notes)


def _without_this_machine(manifest: Manifest) -> tuple[Manifest, tuple[str, ...]]:
    """Return what is published of a description, and what a person should know of it."""
    encoder = manifest.encoder
    if not encoder.is_on_this_machine:
        return manifest, ()
    elsewhere = encoder.model_copy(update={"source": ELSEWHERE})
    note = (
        f"The encoder {encoder.name} was read from a folder of this machine and is not published with the model; the "
        "path is left out. Whoever uses the model gives --encoder ENCODER, a folder or a hub id that holds the encoder "
        f"with the fingerprint {encoder.fingerprint[:16]}."
    )
    return manifest.model_copy(update={"encoder": elsewhere}), (note,)


def _files(bundle: Bundle, manifest: Manifest, name: str) -> dict[str, Path | bytes]:
    """Return what is published, by its name in the repository."""
    files: dict[str, Path | bytes] = {file: bundle.folder / file for file in manifest.files}
    files[MANIFEST] = f"{manifest.model_dump_json(indent=2)}\n".encode()
    card = bundle.folder / CARD
    if card.is_file():
        files[_SHOWN] = files[CARD] = card.read_text(encoding="utf-8").replace(_UNPUBLISHED, name).encode()
    return files


def _send(api: HfApi, name: str, files: Mapping[str, Path | bytes], *, is_private: bool) -> str:
    """Make the repository and one commit in it; return the commit."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api.create_repo(name, private=is_private, exist_ok=True)
    info = api.model_info(name)
    if is_private and not info.private:
        raise HubError(
            f"{name!r} is there already, and everybody can see it: nothing was published. Make it private in its "
            "settings on the hub, or publish under another name."
        )
    there = [sibling.rfilename for sibling in info.siblings or ()]
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        *(CommitOperationAdd(path, content) for path, content in files.items()),
        *(CommitOperationDelete(path) for path in _outdated(there, files)),
    ]
    commit = str(api.create_commit(name, operations, commit_message="Publish a model of heartprobe").oid)
    held = {sibling.rfilename for sibling in api.model_info(name, revision=commit).siblings or ()}
    left_out = sorted(files.keys() - held)
    if left_out:
        raise HubError(
            f"The hub left {left_out[0]} out of {name!r}, so that nobody can use the model. Remove what its .gitignore "
            "says of such files, and publish again."
        )
    return commit


def _outdated(there: Iterable[str], files: Mapping[str, Path | bytes]) -> list[str]:
    """Return the files of a former model: those that would be taken for files of the new one."""
    return [
        path
        for path in there
        if path not in files
        and (path.startswith(f"{ENCODER}/") or ("/" not in path and path.endswith((".safetensors", ".onnx"))))
    ]
