"""Writing and opening a bundle: a folder of JSON and safetensors that runs nobody's code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from heartprobe.bundle.contents import CARD, ENCODER, WEIGHTS, contents, require_contents, sha256
from heartprobe.bundle.manifest import IN_BUNDLE, Manifest
from heartprobe.bundle.manifest_file import MANIFEST, read_manifest
from heartprobe.bundle.shipped_models import model_folder
from heartprobe.errors import BundleError

if TYPE_CHECKING:
    import torch

__all__ = ["CARD", "ENCODER", "MANIFEST", "WEIGHTS", "Bundle", "extend_bundle", "read_bundle", "write_bundle"]


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """An opened bundle whose files agree with their checksums; the weights of the head are arrays."""

    folder: Path
    manifest: Manifest
    tensors: Mapping[str, NDArray[Any]]


def write_bundle(
    folder: Path,
    manifest: Manifest,
    tensors: Mapping[str, torch.Tensor],
    card: str,
    *,
    encoder_folder: Path | None = None,
) -> None:
    """Write a bundle so that it is there whole or not at all; one that lies there is replaced.

    Args:
        folder: Where the bundle goes.
        manifest: What it says; `files` is filled in here.
        tensors: Weights of the head.
        card: The model card, in Markdown.
        encoder_folder: A fine-tuned encoder to put into the bundle.
    """
    with _replacing(folder, manifest) as unfinished:
        # `save_file` would leave a file that nobody else may read.
        arrays = {name: tensor.contiguous().numpy() for name, tensor in tensors.items()}
        (unfinished / WEIGHTS).write_bytes(save(arrays))
        if encoder_folder is not None:
            shutil.copytree(encoder_folder, unfinished / ENCODER, copy_function=shutil.copyfile)
        (unfinished / CARD).write_text(card, encoding="utf-8")


def extend_bundle(bundle: Bundle, folder: Path, added: Mapping[str, Path]) -> None:
    """Write an opened bundle to another folder, with further files such as an exported graph.

    Args:
        bundle: The bundle.
        folder: Where the new one goes; one that lies there is replaced.
        added: Files by the name that they get.
    """
    with _replacing(folder, bundle.manifest) as unfinished:
        for name in bundle.manifest.files:
            (unfinished / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(bundle.folder / name, unfinished / name)
        if (bundle.folder / CARD).is_file():
            shutil.copyfile(bundle.folder / CARD, unfinished / CARD)
        for name, path in added.items():
            shutil.copyfile(path, unfinished / name)


def read_bundle(folder: Path) -> Bundle:
    """Open a bundle after every file has been checked.

    Args:
        folder: The model folder; or `normal-abnormal`, the model that comes with heartprobe, where nothing of that
            name lies.

    Raises:
        BundleError: If a file is missing, changed, not named or no plain file, or the version is unknown.
    """
    folder = model_folder(folder)
    manifest = read_manifest(folder)
    require_contents(folder, manifest.files)
    if manifest.encoder.source == IN_BUNDLE and not any(name.startswith(f"{ENCODER}/") for name in manifest.files):
        raise BundleError(
            f"The model folder {folder} lacks its encoder: {MANIFEST} says that it lies in {ENCODER}/, where there is "
            "nothing. Copy the folder whole."
        )
    try:
        tensors = load((folder / WEIGHTS).read_bytes())
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
        raise BundleError(f"{folder / WEIGHTS} cannot be read as safetensors: {error}.") from None
    return Bundle(folder, manifest, tensors)


@contextmanager
def _replacing(folder: Path, manifest: Manifest) -> Iterator[Path]:
    """Yield a folder to fill, which is sealed with checksums and takes the place of `folder` at the end."""
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        files = {name: sha256(unfinished / name) for name in contents(unfinished)}
        sealed = Manifest.model_validate({**manifest.model_dump(), "files": files})
        (unfinished / MANIFEST).write_text(sealed.model_dump_json(indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
