"""Predicting with an exported model: without torch, from several threads, and only from a folder that is whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile
from tiny_bundles import PATIENT, noise

from heartprobe.bundle.folder import extend_bundle, read_bundle
from heartprobe.bundle.graphs import ONNX
from heartprobe.errors import BundleError, ConfigError, EncoderError
from heartprobe.predict import Predictor
from heartprobe.predict.onnx_model import open_onnx


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    """An exported folder that may be written to."""
    return Path(shutil.copytree(exported, tmp_path / "copy"))


@pytest.fixture(scope="module")
def reference(bundle: Path) -> Iterator[Predictor]:
    """The model on torch."""
    with Predictor.open(bundle, device="cpu") as opened:
        yield opened


def test_predict_imports_neither_torch_nor_transformers(exported: Path, bundle: Path, tmp_path: Path) -> None:
    """And answers as torch does."""
    soundfile.write(tmp_path / "P1_sup_Mit.wav", 0.2 * noise(1, 20_000)[0], 4000)
    options = [
        "predict",
        "FOLDER",
        str(tmp_path / "P1_sup_Mit.wav"),
        "--age",
        "61",
        "--sex",
        "F",
        "--use-poor",
        "--json",
    ]
    code = (
        "import sys; from heartprobe.cli.app import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    answers = {}
    for runtime, folder in (("onnx", exported), ("torch", bundle)):
        arguments = [str(folder) if one == "FOLDER" else one for one in options]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments, "--runtime", runtime], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        imported = set(done.stderr.splitlines()[-1].split())
        assert "heartprobe.predict.predictor" in imported
        assert (runtime == "torch") == bool(imported & {"torch", "transformers"})
        answers[runtime] = json.loads(done.stdout)["patient"]
    assert answers["onnx"].keys() == answers["torch"].keys()
    for label, answer in answers["onnx"].items():
        assert answer["probability"] == pytest.approx(answers["torch"][label]["probability"], abs=1e-4)


@pytest.mark.parametrize("n_samples", [2000, 2001, 8100, 31_337, 131_072])
def test_sounds_of_any_length_are_answered_as_by_torch(n_samples: int, exported: Path, reference: Predictor) -> None:
    windows = noise(2, n_samples)
    found = open_onnx(read_bundle(exported)).probabilities(windows, PATIENT)
    np.testing.assert_allclose(found, reference.model.probabilities(windows, PATIENT), atol=1e-4, rtol=0)


def test_threads_get_what_each_would_get_alone(exported: Path) -> None:
    """Windows of different lengths, to the last bit."""
    model = open_onnx(read_bundle(exported), n_at_once=2)
    windows = [noise(1, 4000 + 37 * i, seed=i) for i in range(12)]
    expected = [model.probabilities(window, PATIENT) for window in windows]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda window: model.probabilities(window, PATIENT), windows))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_a_window_does_not_know_its_neighbours(exported: Path) -> None:
    """To the last bit, because each is computed alone."""
    model = open_onnx(read_bundle(exported))
    windows = noise(3, 5000)
    together = model.probabilities(windows, PATIENT)
    alone = [model.probabilities(window[np.newaxis], PATIENT)[0] for window in windows]
    assert np.array_equal(together, np.stack(alone))


def test_changed_byte_is_refused(copy: Path) -> None:
    content = bytearray((copy / ONNX).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / ONNX).write_bytes(content)
    with pytest.raises(BundleError, match=r"model\.onnx was changed after the model was saved"):
        Predictor.open(copy, runtime="onnx")


def test_missing_graph_is_named(copy: Path, bundle: Path) -> None:
    (copy / ONNX).unlink()
    with pytest.raises(BundleError, match=r"lacks model\.onnx"):
        Predictor.open(copy, runtime="onnx")
    with pytest.raises(
        BundleError, match=r"holds no model\.onnx, .* `heartprobe export .* --to onnx --out FOLDER` makes"
    ):
        Predictor.open(bundle, runtime="onnx")


def test_graph_of_other_labels_is_refused(bundle: Path, exported: Path, tmp_path: Path) -> None:
    """Sealed with good checksums all the same."""
    model = onnx.load(exported / ONNX)
    next(one for one in model.metadata_props if one.key == "labels").value = "AS N MR"
    onnx.save(model, tmp_path / ONNX)
    extend_bundle(read_bundle(bundle), tmp_path / "mixed", {ONNX: tmp_path / ONNX})
    with pytest.raises(BundleError, match="it predicts AS N MR, not N AS MR"):
        Predictor.open(tmp_path / "mixed", runtime="onnx")


def test_file_that_is_no_graph_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / ONNX).write_bytes(b"no graph")
    extend_bundle(read_bundle(bundle), tmp_path / "mixed", {ONNX: tmp_path / ONNX})
    with pytest.raises(BundleError, match="cannot be run by onnxruntime"):
        Predictor.open(tmp_path / "mixed", runtime="onnx")


def test_missing_onnxruntime_is_named(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match=r'needs onnxruntime, .* pip install -c constraints.txt "\.\[onnx\]"$'):
        Predictor.open(exported, runtime="onnx")


def test_window_that_the_graph_does_not_take_is_an_error(exported: Path) -> None:
    """Such as one that holds no whole frame."""
    with pytest.raises(EncoderError, match="cannot compute a window of 40 samples"):
        open_onnx(read_bundle(exported)).probabilities(noise(1, 40), PATIENT)


def test_a_silent_stretch_is_answered_as_by_torch(exported: Path, reference: Predictor) -> None:
    """Digital silence is where a floor that was lost in the graph would show, as a number that is not finite."""
    windows = noise(1, 12_000)
    windows[:, 3000:9000] = 0
    for one in (windows, np.zeros_like(windows)):
        expected = reference.model.probabilities(one, PATIENT)
        found = open_onnx(read_bundle(exported)).probabilities(one, PATIENT)
        np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)
