"""A model folder is exported whole and in agreement with torch, or not at all."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from exported_model import Exported
from safetensors.numpy import load_file, save_file
from tiny_bundles import LABELS, Tiny
from typer.testing import CliRunner

from heartprobe.bundle.folder import read_bundle
from heartprobe.bundle.graphs import ONNX, ONNX_INT8
from heartprobe.cli.app import app
from heartprobe.errors import BundleError, ConfigError, DataError
from heartprobe.export import export_onnx, graph, run
from heartprobe.predict import Predictor
from tiny_encoders import TinyEncoder


def test_exported_folder_is_the_old_one_and_a_graph(bundle: Path, exported: Path) -> None:
    before, after = read_bundle(bundle).manifest, read_bundle(exported).manifest
    assert after.files.keys() == {*before.files, ONNX}
    assert after.model_copy(update={"files": before.files}) == before
    assert re.search(
        r"# Card\n\n## Exported to ONNX\n- `model.onnx`, .* differs from torch by at most \d\.\de-\d\d in probability",
        (exported / "MODEL_CARD.md").read_text(),
    )
    # It still opens with torch.
    with Predictor.open(exported, device="cpu") as predictor:
        assert predictor.labels == LABELS


def test_graph_says_what_it_takes_and_gives(exported: Path) -> None:
    """For whoever runs it without this package."""
    model = onnx.load(exported / ONNX)
    onnx.checker.check_model(model, full_check=True)
    facts = {one.key: one.value for one in model.metadata_props}
    assert facts["labels"] == "N AS MR"
    assert facts["sampling rate of the windows"] == "2000 Hz"
    assert json.loads(facts["front end"]) == read_bundle(exported).manifest.front_end
    shapes = {
        one.name: [dim.dim_param or dim.dim_value for dim in one.type.tensor_type.shape.dim]
        for one in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {"windows": ["batch", "samples"], "demographics": ["batch", 2], "probabilities": ["batch", 3]}


def test_large_difference_is_refused_and_nothing_is_written(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """A head that reads rounding errors says something else on every processor."""
    noisy = Tiny(deaf(tiny_encoder("whisper"), tmp_path / "deaf"), has_noise=True).save(tmp_path / "noisy")
    text = r"Nothing was written: .* and 0\.0001 is accepted\. Its encoder or its head multiplies rounding"
    with pytest.raises(BundleError, match=text):
        export_onnx(noisy, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    written = export_onnx(noisy, tmp_path / "out", accepted=1.0)
    assert written.agreement.largest > 1e-4


def deaf(encoder: Path, folder: Path) -> Path:
    """Copy Whisper and let five of its channels hear nothing: what is left in them are positions, and rounding."""
    shutil.copytree(encoder, folder)
    weights = load_file(folder / "model.safetensors")
    for name in ("weight", "bias"):
        weights[f"encoder.conv2.{name}"][:5] = 0
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.mark.slow
def test_bf16_is_refused_with_its_reason(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    folder = Tiny(tiny_encoder("wav2vec2-layer-norm"), layer=3, precision="bf16").save(tmp_path / "bundle")
    with pytest.raises(BundleError, match=r"The model computes in bf16, .* train with features\.precision fp32"):
        export_onnx(folder, tmp_path / "out")


def test_what_is_there_is_not_replaced(bundle: Path, exported: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is there already, and is not replaced"):
        export_onnx(bundle, exported)
    with pytest.raises(BundleError, match=r"was exported already: it holds model\.onnx"):
        export_onnx(exported, tmp_path / "out")


def test_missing_package_is_named(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = graph.importlib.util.find_spec
    monkeypatch.setattr(graph.importlib.util, "find_spec", lambda name: None if name == "onnxscript" else find(name))
    with pytest.raises(ConfigError, match=r"needs onnxscript, which is not installed\. Install it .*\[onnx\]"):
        export_onnx(bundle, tmp_path / "out")


@pytest.mark.slow
def test_model_that_torch_cannot_export_is_refused(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoder's own module looks up its bins in Python, which no graph of free length can do."""
    monkeypatch.setattr(run, "exportable", lambda module: module)
    with pytest.raises(BundleError, match=r"cannot export this model to ONNX|Nothing was written"):
        export_onnx(bundle, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_recording_to_compare_on_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    with pytest.raises(DataError, match="There is no recording to compare on at"):
        export_onnx(bundle, tmp_path / "out", compare_on=[tmp_path])


def test_8_bit_is_written_instead(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """Smaller, near, and not the same; spectrum and head stay as they are."""
    folder = Tiny(tiny_encoder("whisper"), layer=2).save(tmp_path / "bundle")
    result = export_onnx(folder, tmp_path / "out", is_int8=True)
    assert result.int8 is not None
    assert 1e-5 < result.int8.largest < 0.2
    assert result.agreement.largest <= 1e-4
    assert read_bundle(tmp_path / "out").manifest.files.keys() == {"model.safetensors", ONNX_INT8}
    kinds = [node.op_type for node in onnx.load(tmp_path / "out" / ONNX_INT8).graph.node]
    # Two layers of a transformer with six products each, of which the last layer's are not read.
    assert kinds.count("MatMulInteger") == 12
    with Predictor.open(tmp_path / "out", runtime="onnx") as predictor:
        found = predictor.model.probabilities(np.ones((1, 32_000), dtype=np.float32), None)  # type: ignore[arg-type]
    assert found.shape == (1, 3)


@pytest.mark.slow
def test_8_bit_of_an_encoder_without_linear_layers_is_refused(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--int8: heartprobe-pcg has no linear layers"):
        export_onnx(bundle, tmp_path / "out", is_int8=True)
    assert not (tmp_path / "out").exists()


def test_command_says_what_it_found(by_command: Exported) -> None:
    assert re.search(r"^In single precision it differs from torch by at most \d\.\de-\d\d ", by_command.stdout)
    assert f"Exported: {by_command.folder / ONNX} (1." in by_command.stdout
    assert f"heartprobe predict {by_command.folder} --runtime onnx" in by_command.stdout


def test_unknown_format_is_refused(bundle: Path, tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["export", str(bundle), "--to", "onxn", "--out", str(tmp_path / "out")])
    assert isinstance(refused.exception, ConfigError)
    assert "--to onxn: expected onnx. Did you mean 'onnx'?" in str(refused.exception)
