"""A model folder from a stranger: no file of it is executed, and those that are no part of a model are refused."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from strange_folder import describe, refusal

from heartprobe.bundle.folder import read_bundle
from heartprobe.errors import HeartprobeError
from heartprobe.predict import Predictor
from saved_bundle import LOGMEL, save, save_working


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "bundle")


class Touch:
    """Unpickling this makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def test_a_pickle_under_the_name_of_the_weights_is_refused_and_not_executed(folder: Path, tmp_path: Path) -> None:
    """With the right checksum, as its author could give it."""
    content = pickle.dumps(Touch(tmp_path / "executed"))
    (folder / "model.safetensors").write_bytes(content)
    describe(folder, files={"model.safetensors": hashlib.sha256(content).hexdigest()})
    assert "model.safetensors cannot be read as safetensors" in refusal(folder)
    assert not (tmp_path / "executed").exists()
    pickle.loads(content)  # noqa: S301 - shows that it would have worked
    assert (tmp_path / "executed").exists()


def test_a_pickle_under_the_name_of_an_encoder_is_refused_and_not_executed(tmp_path: Path) -> None:
    """Both as safetensors and by the name that torch gives its own files."""
    content = pickle.dumps(Touch(tmp_path / "executed"))
    encoder = tmp_path / "tuned"
    encoder.mkdir()
    (encoder / "config.json").write_text('{"model_type": "wav2vec2"}')
    (encoder / "model.safetensors").write_bytes(content)
    inside = LOGMEL.model_copy(update={"source": "bundle"})
    folder = save_working(tmp_path / "bundle")
    with_encoder = save(tmp_path / "other", encoder_folder=encoder, encoder=inside)
    (with_encoder / "encoder").rename(folder / "encoder")
    files = json.loads((folder / "bundle.json").read_text())["files"]
    named = {
        f"encoder/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "encoder").iterdir()
    }
    describe(folder, files=files | named, encoder=inside.model_dump())
    with pytest.raises(HeartprobeError, match=r"model\.safetensors"):
        Predictor.open(folder)
    (folder / "encoder" / "model.safetensors").rename(folder / "encoder" / "pytorch_model.bin")
    named["encoder/pytorch_model.bin"] = named.pop("encoder/model.safetensors")
    describe(folder, files=files | named)
    assert "'encoder/pytorch_model.bin' is no file of a model folder" in refusal(folder)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "/etc/passwd",
        "encoder/../../evil.json",
        "encoder\\evil.json",
        "bundle.json",
        "a/b/c.json",
        ".json",
        "encoder/.hidden.json",
        "model.py",
        "encoder/",
        "",
        "model.safetensors\n",
        "x" * 200 + ".json",
    ],
)
def test_names_that_are_no_files_of_a_bundle_are_refused(folder: Path, name: str) -> None:
    files = json.loads((folder / "bundle.json").read_text())["files"]
    describe(folder, files=files | {name: "0" * 64})
    assert "is no file of a model folder; expected a .json, .safetensors or .onnx file" in refusal(folder)


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "\n", 5, None])
def test_a_checksum_that_is_none_is_refused(folder: Path, digest: object) -> None:
    describe(folder, files={"model.safetensors": digest})
    assert "is no valid model description: files.model.safetensors: " in refusal(folder)


def test_weights_without_a_checksum_are_refused(folder: Path) -> None:
    describe(folder, files={})
    assert "model.safetensors is not named in bundle.json; it is not opened" in refusal(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "bundle.json", "MODEL_CARD.md", "encoder", "more.json"])
def test_links_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    """What they point to may be anything of whoever opens the folder, and the page of a server shows the card."""
    outside = tmp_path / "outside"
    if (folder / name).exists():
        (folder / name).rename(outside)
    elif name == "encoder":
        outside.mkdir()
    else:
        outside.write_text("{}")
    (folder / name).symlink_to(outside)
    assert f"{folder / name} is a link" in refusal(folder)


def test_a_pipe_does_not_make_it_wait_for_ever(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    os.mkfifo(folder / "model.safetensors")
    assert "model.safetensors is no plain file" in refusal(folder)
    (folder / "bundle.json").unlink()
    os.mkfifo(folder / "bundle.json")
    assert "bundle.json is a link or no file" in refusal(folder)


@pytest.mark.parametrize("name", ["evil.py", "pytorch_model.bin", "encoder/evil.py", "model.onnx", "more/x.json"])
def test_files_that_nobody_named_are_refused(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    said = refusal(folder)
    assert f"{folder / name} is not named in bundle.json" in said or f"{folder / 'more'} is a folder" in said


@pytest.mark.parametrize("name", ["README.md", "notes.txt", "LICENSE", ".gitattributes", ".git/config"])
def test_what_people_put_beside_a_model_may_stay(folder: Path, name: str) -> None:
    """As a clone of the repository on the hub has it; nothing of it is ever read."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    read_bundle(folder)


def test_an_encoder_that_is_not_there_is_said(folder: Path) -> None:
    describe(folder, encoder=LOGMEL.model_dump() | {"source": "bundle"})
    assert "lacks its encoder: bundle.json says that it lies in encoder/, where there is nothing" in refusal(folder)


@pytest.mark.parametrize("source", ["../evil", "~/evil", "./evil", "a/b/c", "/home/../etc", "a b", "x\ny", ""])
def test_a_source_that_is_none_is_refused(folder: Path, source: str) -> None:
    """It would be loaded from wherever the reader stands."""
    describe(folder, encoder=LOGMEL.model_dump() | {"source": source})
    assert "is no valid model description: encoder.source" in refusal(folder)
