"""A bundle opens only if it is whole, unchanged and of a known version."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
import torch

from heartprobe.bundle.folder import read_bundle, write_bundle
from heartprobe.bundle.manifest import EncoderReference, Manifest, TrainingFacts
from heartprobe.decisions.decider import Decider
from heartprobe.errors import BundleError

LEVEL = {
    "calibration": {"slope": 1.5, "intercept": -0.1 - 0.2, "reason": None},
    "threshold": {"value": 0.4, "reason": None},
    "band": {"low": 0.3, "high": 0.5, "reason": None},
}

DECISION = {
    "patient_rule": "learned",
    "calibration": "platt",
    "threshold_rule": "youden",
    "largest_error": 0.1,
    "recordings_per_patient": 8.0,
    "labels": {"N": {"position_weights": {"sup_Mit": 0.25}, "recordings": LEVEL, "patients": LEVEL}},
}

MANIFEST = Manifest(
    labels=("N",),
    encoder=EncoderReference(name="logmel", source="logmel", revision="1", fingerprint="ab" * 32, rate_hz=4000),
    front_end={"rate_hz": 4000},
    precision="fp32",
    layer=0,
    head={"kind": "linear"},
    demographics=None,
    decision=Decider.from_dict(DECISION),
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
    assert bundle.manifest.decision.as_dict() == DECISION
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
    with pytest.raises(BundleError, match="has version 9; this heartprobe reads version 2"):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "is no model folder: it has no bundle.json"),
        ("{", "cannot be read"),
        ("[]", "is no valid model description"),
        ('{"format": "heartprobe-bundle", "version": 2}', "is no valid model description: labels: Field required"),
    ],
)
def test_anything_else_is_refused(folder: Path, content: str | None, text: str) -> None:
    path = folder / "bundle.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(BundleError, match=text):
        read_bundle(folder)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("labels", "N", "patients", "calibration", "slope"), -1, "slope: Input should be greater than 0"),
        (("labels", "N", "patients", "calibration", "slope"), math.nan, "slope: Input should be a finite number"),
        (("labels", "N", "patients", "calibration", "intercept"), math.inf, "intercept: Input should be a finite"),
        (("labels", "N", "patients", "threshold", "value"), 1.5, "value: Input should be less than or equal to 1"),
        (
            ("labels", "N", "patients", "threshold", "value"),
            0.6,
            "N.patients: the threshold does not lie in its band",
        ),
        (("labels", "N", "recordings", "band", "low"), 0.7, "recordings.band: low (0.7) lies above high (0.5)"),
        (("labels", "N", "recordings", "band"), None, "recordings.band: Input should be"),
        (("labels", "N", "position_weights", "sup_Mit"), "heavy", "sup_Mit: Input should be a valid number"),
        (("labels",), {}, "decision.labels: Dictionary should have at least 1 item"),
        (("labels",), {"AS": DECISION["labels"]["N"]}, "labels are N, but decision is about AS"),
        (("patient_rule",), "majority", "patient_rule: Input should be 'mean', 'median'"),
        (("largest_error",), 0, "largest_error: Input should be greater than 0"),
        (("exec",), "import os", "decision.exec: Extra inputs are not permitted"),
    ],
)
def test_senseless_decisions_are_refused(folder: Path, path: tuple[str, ...], value: object, text: str) -> None:
    """A threshold that nobody reaches, or a model turned round, would answer as if nothing were wrong."""
    values = json.loads((folder / "bundle.json").read_text())
    *outer, last = path
    part = values["decision"]
    for key in outer:
        part = part[key]
    part[last] = value
    (folder / "bundle.json").write_text(json.dumps(values))
    with pytest.raises(BundleError, match=re.escape(text)) as caught:
        read_bundle(folder)
    assert str(caught.value).startswith(f"{folder / 'bundle.json'} is no valid model description: ")
    assert "\n" not in str(caught.value)


def test_bundle_of_an_older_heartprobe_is_refused(folder: Path) -> None:
    """Version 1 had one threshold for all labels and nothing calibrated."""
    values = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(values | {"version": 1}))
    with pytest.raises(BundleError, match="has version 1; this heartprobe reads version 2"):
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
