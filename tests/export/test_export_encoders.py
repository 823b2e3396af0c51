"""The exported graph of every encoder says what torch says, for any batch and, where it is free, any length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_bundles import DEMOGRAPHICS, PATIENT, Tiny, noise

from heartprobe.bundle.folder import read_bundle
from heartprobe.bundle.graphs import ONNX
from heartprobe.data.recordings import Patient
from heartprobe.encoders.built_in import BUILT_IN
from heartprobe.encoders.speech import ARCHITECTURES
from heartprobe.export import export_onnx
from heartprobe.predict.onnx_model import OnnxModel, open_onnx
from heartprobe.predict.torch_model import TorchModel, open_torch
from tiny_encoders import TINY_ENCODERS, TinyEncoder

CASES = {
    "heartprobe-pcg": Tiny("heartprobe-pcg"),
    "heartprobe-pcg, whole": Tiny("heartprobe-pcg", windows="whole", has_demographics=True),
    "heartprobe-pcg, mlp": Tiny("heartprobe-pcg", head="mlp", has_demographics=True),
    "logmel": Tiny("logmel"),
    "logmel, whole": Tiny("logmel", windows="whole"),
    "modulation, whole": Tiny("modulation", windows="whole"),
    "percentiles, whole": Tiny("percentiles", windows="whole"),
    "whisper": Tiny("whisper", layer="all"),
    "wav2vec2-group-norm": Tiny("wav2vec2-group-norm", layer=2),
    "wav2vec2-layer-norm, whole": Tiny("wav2vec2-layer-norm", windows="whole", layer=3),
    "wavlm, whole": Tiny("wavlm", windows="whole", layer="all"),
    "wavlm-layer-norm": Tiny("wavlm-layer-norm", layer=1, head="mlp"),
    "hubert": Tiny("hubert", layer="all"),
    "data2vec-audio": Tiny("data2vec-audio", layer="all"),
    "unispeech-sat": Tiny("unispeech-sat", layer="all"),
}

#: The others take some seconds each as well.
EVERY_TIME = ("whisper",)


def saved(case: Tiny, tiny_encoder: TinyEncoder, folder: Path) -> Path:
    name = str(case.encoder)
    found = tiny_encoder(name) if name in TINY_ENCODERS else name
    return Tiny(**{**vars(case), "encoder": found}).save(folder)


def lengths(case: Tiny, torch_model: TorchModel) -> list[int]:
    """Samples to try: the shortest, odd ones, and one for which no transform is padded."""
    rate_hz, shortest = torch_model.encoder.info.rate_hz, torch_model.encoder.info.min_samples
    if case.windows != "whole":
        return [2 * rate_hz]
    others = [round(3.37 * rate_hz), 5 * rate_hz + 31, round(20.3 * rate_hz)]
    return [max(shortest, rate_hz), rate_hz + 1, *(others if rate_hz < 16_000 else [round(1.7 * rate_hz)])]


@pytest.mark.parametrize(
    "name", [name if name in EVERY_TIME else pytest.param(name, marks=pytest.mark.slow) for name in CASES]
)
def test_graph_says_what_torch_says(name: str, tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """Within 1e-4, alone and in a batch."""
    case = CASES[name]
    folder = saved(case, tiny_encoder, tmp_path / "bundle")
    result = export_onnx(folder, tmp_path / "onnx", compare_on=[beating(tmp_path / "sounds")])
    assert result.graph == tmp_path / "onnx" / ONNX
    assert result.agreement.largest <= 1e-4
    bundle = read_bundle(tmp_path / "onnx")
    exported, torch_model = open_onnx(bundle), open_torch(read_bundle(folder), None, "cpu", 1)
    try:
        for n_samples in lengths(case, torch_model):
            windows = noise(3, n_samples)
            expected = torch_model.probabilities(windows, PATIENT)
            found = exported.probabilities(windows, PATIENT)
            assert found.shape == (3, 3)
            assert found.dtype == np.float64
            np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)
            np.testing.assert_allclose(in_a_batch(exported, windows), found, atol=1e-5, rtol=0)
    finally:
        torch_model.close()
    assert np.ptp(expected, axis=0).max() > 1e-3, "a graph that always says the same would pass"


def beating(folder: Path) -> Path:
    """Write two recordings: these encoders have so many frames per second that a minute would not fit into memory."""
    folder.mkdir()
    for number, seconds in enumerate((1.1, 1.9)):
        sound = noise(1, round(4000 * seconds), seed=number)[0]
        soundfile.write(folder / f"{number}.wav", 0.9 * sound / np.abs(sound).max(), 4000)
    return folder


def in_a_batch(model: OnnxModel, windows: np.ndarray) -> np.ndarray:
    """Return what the graph makes of all windows at once."""
    inputs = {"windows": windows}
    if model.demographics is not None:
        inputs["demographics"] = np.repeat(
            DEMOGRAPHICS.transform([Patient("patient", {}, PATIENT)]), len(windows), axis=0
        )
    (found,) = model.session.run(None, inputs)
    return np.asarray(found)


def test_every_family_has_a_case() -> None:
    """A new encoder fails here until it is added above."""
    names = [str(case.encoder) for case in CASES.values()]
    assert set(BUILT_IN) <= set(names)
    for family in ("whisper", *ARCHITECTURES):
        assert any(name.startswith(family) for name in names), family
