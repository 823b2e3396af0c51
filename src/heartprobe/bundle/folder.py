"""Writing and opening a bundle: a folder of JSON and safetensors that runs nobody's code."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from heartprobe.bundle.manifest import FORMAT_VERSION, Manifest
from heartprobe.bundle.shipped_models import model_folder
from heartprobe.errors import BundleError

MANIFEST = "bundle.json"
WEIGHTS = "model.safetensors"
CARD = "MODEL_CARD.md"
ENCODER = "encoder"


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """An opened bundle whose files agree with their checksums."""

    folder: Path
    manifest: Manifest
    tensors: Mapping[str, torch.Tensor]


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
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary / WEIGHTS)
    if encoder_folder is not None:
        shutil.copytree(encoder_folder, temporary / ENCODER)
    (temporary / CARD).write_text(card, encoding="utf-8")
    sealed = manifest.model_copy(update={"files": _checksums(temporary)})
    (temporary / MANIFEST).write_text(sealed.model_dump_json(indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


def read_bundle(folder: Path) -> Bundle:
    """Open a bundle after every file has been checked.

    Args:
        folder: The model folder; or `normal-abnormal`, the model that comes with heartprobe, where nothing of that
            name lies.

    Raises:
        BundleError: If a file is missing or changed, or the version is unknown.
    """
    folder = model_folder(folder)
    manifest = _read_manifest(folder)
    found = _checksums(folder)
    unlisted = sorted(found.keys() - manifest.files.keys())
    if unlisted:
        raise BundleError(f"{folder / unlisted[0]} is not named in {MANIFEST}; it is not opened. Remove the file.")
    for name, expected in manifest.files.items():
        if name not in found:
            raise BundleError(
                f"The model folder {folder} lacks {name}, which its {MANIFEST} names. Copy the folder whole."
            )
        if found[name] != expected:
            raise BundleError(
                f"{folder / name} was changed after the model was saved (its SHA-256 differs from {MANIFEST}); "
                "it is not opened. Take the folder from its source again."
            )
    try:
        tensors = load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{folder / WEIGHTS} cannot be read as safetensors: {error}.") from None
    return Bundle(folder, manifest, tensors)


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(
            f"{folder} is no model folder: it has no {MANIFEST}. `heartprobe train` leaves one at RUN/bundle."
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BundleError(f"{path} cannot be read: {error}.") from None
    version = values.get("version") if isinstance(values, dict) else None
    if isinstance(values, dict) and values.get("format") == "heartprobe-bundle" and version != FORMAT_VERSION:
        raise BundleError(
            f"{path} has version {version!r}; this heartprobe reads version {FORMAT_VERSION}. "
            "Use the heartprobe that wrote it, or train again."
        )
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        what = problem["msg"].removeprefix("Value error, ")
        raise BundleError(
            f"{path} is no valid model description: {where}: {what}. Take the folder from its source again."
        ) from None


def _checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the files that a model is read from (the card may be edited)."""
    files = [folder / WEIGHTS, *sorted((folder / ENCODER).rglob("*"))]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }
