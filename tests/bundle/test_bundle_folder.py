"""A bundle opens only if it is whole, unchanged and of a known version."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import torch

from heartprobe.bundle.folder import extend_bundle, read_bundle, write_bundle
from heartprobe.errors import BundleError
from saved_bundle import DECISION, manifest, save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "bundle")


def test_what_was_written_is_read(folder: Path) -> None:
    bundle = read_bundle(folder)
    assert bundle.manifest.labels == ("N",)
    assert bundle.manifest.decision.as_dict() == DECISION
    assert bundle.tensors["weight"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert sorted(path.name for path in folder.iterdir()) == ["MODEL_CARD.md", "bundle.json", "model.safetensors"]


def test_bundle_is_replaced_whole(folder: Path) -> None:
    write_bundle(folder, manifest(), {"other": torch.zeros(1)}, "# Card\n")
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
        (("labels", "N", "patients", "calibration", "slope"), "NaN", "slope: Input should be a finite number"),
        (("labels", "N", "patients", "calibration", "intercept"), "Infinity", "intercept: Input should be a finite"),
        (
            ("labels", "N", "patients", "calibration", "interval", "covariance"),
            -0.25,
            "the covariance is larger than the variances allow",
        ),
        (("labels", "N", "patients", "calibration", "why_no_interval"), "\x1b[2J", "cannot be printed"),
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
    save(tmp_path / "bundle", encoder_folder=encoder)
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


def test_files_can_be_read_by_whom_the_folder_can_be_read(tmp_path: Path) -> None:
    """Weights that only their owner can read would be of no use in a shared folder; safetensors writes such."""
    encoder = tmp_path / "tuned"
    encoder.mkdir()
    (encoder / "model.safetensors").write_bytes(b"x")
    (encoder / "model.safetensors").chmod(0o600)
    old = os.umask(0o022)
    try:
        folder = save(tmp_path / "bundle", encoder_folder=encoder)
    finally:
        os.umask(old)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in files} == {
        "MODEL_CARD.md": "0o644",
        "bundle.json": "0o644",
        "model.safetensors": "0o644",
    }
    assert len(files) == 4


def test_a_graph_is_added_in_another_folder(folder: Path, tmp_path: Path) -> None:
    """All files of the old one and the new one, all with checksums; the old one is left as it is."""
    graph = tmp_path / "graph"
    graph.write_bytes(b"graph")
    extend_bundle(read_bundle(folder), tmp_path / "exported", {"model.onnx": graph})
    extended = read_bundle(tmp_path / "exported")
    assert list(extended.manifest.files) == ["model.onnx", "model.safetensors"]
    assert (tmp_path / "exported" / "MODEL_CARD.md").read_text() == (folder / "MODEL_CARD.md").read_text()
    assert list(read_bundle(folder).manifest.files) == ["model.safetensors"]
    (tmp_path / "exported" / "model.onnx").write_bytes(b"hparg")
    with pytest.raises(BundleError, match=r"model\.onnx was changed"):
        read_bundle(tmp_path / "exported")


def test_a_bundle_that_cannot_be_written_leaves_the_old_one(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        extend_bundle(read_bundle(folder), folder, {"model.onnx": tmp_path / "nowhere"})
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    read_bundle(folder)


def test_a_bundle_without_intervals_still_opens(folder: Path) -> None:
    """As they were saved before there were any; its answers then say why they have none."""
    values = json.loads((folder / "bundle.json").read_text())
    del values["results"]
    for level in ("recordings", "patients"):
        calibration = values["decision"]["labels"]["N"][level]["calibration"]
        del calibration["interval"], calibration["why_no_interval"]
    (folder / "bundle.json").write_text(json.dumps(values))
    bundle = read_bundle(folder)
    assert bundle.manifest.results == ()
    found = bundle.manifest.decision.labels["N"].patients.calibration
    assert found.interval is None
    assert found.why_no_interval == (
        "the model was saved by a heartprobe that did not keep how well its calibration is known"
    )
