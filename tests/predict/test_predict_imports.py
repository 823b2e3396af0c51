"""What is imported, and what is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from heartprobe.errors import ConfigError
from heartprobe.export.run import export_onnx
from heartprobe.predict import Predictor
from trained_model import files_of


def imported_by(code: str) -> set[str]:
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def test_predictions_need_no_torch_until_it_computes() -> None:
    """Nor anything else that takes long to import and that only training needs."""
    found = imported_by("import heartprobe.predict")
    assert "heartprobe.predict.predictor" in found
    assert not found & {"torch", "transformers", "sklearn", "pandas", "scipy.optimize", "scipy.signal", "onnxruntime"}


@pytest.mark.slow
def test_an_exported_model_predicts_without_torch(run: Path, synthetic: Path, tmp_path: Path) -> None:
    """From opening to the answer."""
    export_onnx(run / "bundle", tmp_path / "exported", accepted=0.01)
    file = files_of(synthetic, "patient_001")[0]
    found = imported_by(
        "from pathlib import Path; from heartprobe.predict import Predictor\n"
        f"predictor = Predictor.open(Path({str(tmp_path / 'exported')!r}), runtime='onnx')\n"
        f"assert predictor.predict([Path({str(file)!r})], uses_poor=True).answers"
    )
    assert "onnxruntime" in found
    assert not found & {"torch", "transformers", "sklearn"}


def test_a_runtime_that_is_not_there_is_refused(run: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no runtime 'onxx'; expected torch or onnx\. Did you mean 'onnx'"):
        Predictor.open(run / "bundle", runtime="onxx")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="has its encoder in the model folder"):
        Predictor.open(run / "bundle", runtime="onnx", encoder="logmel")
