"""A bundle opens only if it is whole, unchanged and of a known version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from heartprobe.bundle.folder import read_bundle, write_bundle
from heartprobe.bundle.manifest import EncoderReference, Manifest, TrainingFacts
from heartprobe.errors import BundleError

MANIFEST = Manifest(
    labels=("N",),
    encoder=EncoderReference(name="logmel", source="logmel", revision="1", fingerprint="ab" * 32, rate_hz=4000),
    front_end={"rate_hz": 4000},
    precision="fp32",
    layer=0,
    head={"kind": "linear"},
    demographics=None,
    patient_rule="mean",
    threshold=0.5,
    training=TrainingFacts(
        dataset="bmd-hs", is_synthetic=True, patients=8, recordings=64, protocol="cv", heartprobe_version="0"
    ),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "bundle"
    write_bundle(path, MANIFEST, {"weight": torch.arange(6.0).reshape(2, 3)}, "# Card\n")
    return path


def test_what_was_written_is_read(folder: Path) -> None:
    bundle = read_bundle(folder)
    assert bundle.manifest.labels == ("N",)
    assert torch.equal(bundle.tensors["weight"], torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]))
    assert sorted(path.name for path in folder.iterdir()) == ["MODEL_CARD.md", "bundle.json", "model.safetensors"]


def test_bundle_is_replaced_whole(folder: Path) -> None:
    write_bundle(folder, MANIFEST, {"other": torch.zeros(1)}, "# Card\n")
    assert list(read_bundle(folder).tensors) == ["other"]
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("position", [0, 40, -1])
def test_changed_byte_is_refused(folder: Path, position: int) -> None:
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match=r"model\.safetensors was changed after the model was saved"):
        read_bundle(folder)


def test_missing_weights_are_named(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(BundleError, match=r"lacks model\.safetensors"):
        read_bundle(folder)


def test_unknown_version_is_refused(folder: Path) -> None:
    values = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(values | {"version": 9}))
    with pytest.raises(BundleError, match="has version 9; this heartprobe reads version 1"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "is no model folder: it has no bundle.json"),
        ("{", "cannot be read"),
        ("[]", "is no valid model description"),
        ('{"format": "heartprobe-bundle", "version": 1}', "is no valid model description: labels: Field required"),
    ],
)
def test_anything_else_is_refused(folder: Path, content: str | None, text: str) -> None:
    path = folder / "bundle.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(BundleError, match=text):
        read_bundle(folder)


def test_encoder_in_the_bundle_is_checked(tmp_path: Path) -> None:
    encoder = tmp_path / "tuned"
    encoder.mkdir()
    (encoder / "config.json").write_text("{}")
    write_bundle(tmp_path / "bundle", MANIFEST, {"w": torch.zeros(1)}, "# Card\n", encoder_folder=encoder)
    read_bundle(tmp_path / "bundle")
    (tmp_path / "bundle" / "encoder" / "config.json").write_text('{"a": 1}')
    with pytest.raises(BundleError, match=r"encoder/config\.json was changed"):
        read_bundle(tmp_path / "bundle")


def test_file_that_nobody_named_is_refused(folder: Path) -> None:
    """An encoder slipped into the folder must not be loaded."""
    (folder / "encoder").mkdir()
    (folder / "encoder" / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"pytorch_model\.bin is not named in bundle\.json"):
        read_bundle(folder)
