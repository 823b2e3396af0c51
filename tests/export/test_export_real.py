"""Whisper and heartprobe-pcg on real recordings. Skipped where these are absent."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_bundles import Tiny

from heartprobe.config.load import load_config
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.experiment import run_experiment
from heartprobe.export import export_onnx
from heartprobe.machine import Machine
from heartprobe.progress import SilentProgress

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.mark.parametrize(("name", "layer"), [("whisper-tiny.en-encoder", 4), ("heartprobe-pcg", 0)])
def test_real_recordings(name: str, layer: int, shared: Path, tmp_path: Path) -> None:
    """Within 1e-4 in every window."""
    encoder = shared / "encoders" / name if layer else name
    folder = Tiny(encoder, windows="all" if layer else "whole", layer=layer).save(tmp_path / "bundle")
    recordings = sorted((shared / "data" / "bmd-hs").rglob("*.flac")) or sorted(
        (shared / "data" / "bmd-hs").rglob("*.wav")
    )
    result = export_onnx(folder, tmp_path / "out", compare_on=recordings[::150])
    assert result.agreement.n_windows >= 5
    assert result.agreement.largest <= 1e-4


@pytest.mark.parametrize("encoder", ["whisper-tiny.en-encoder", "logmel"])
def test_trained_on_every_layer(encoder: str, shared: Path, tmp_path: Path) -> None:
    """Columns of Whisper that hold its positions, and percentiles of bands that are all but silent."""
    if encoder.startswith("whisper"):
        settings = [f"models.default_model={shared / 'encoders' / encoder}", "audio.time_scale=4", "features.layer=all"]
    else:
        settings = [f"models.default_model={encoder}", "audio.windows=whole"]
    config = load_config(
        overrides=[*settings, "audio.duration=20", "training.multi_label=true", "evaluation.bootstrap_draws=100"]
    )
    everybody = read_bmd_hs(shared / "data" / "bmd-hs", config.dataset)
    some = everybody.of_patients(everybody.patient_ids[::3])
    run_experiment(config, some, tmp_path / "run", machine=Machine(device="cpu"), progress=SilentProgress())
    others = everybody.of_patients(everybody.patient_ids[1::3])
    recordings = [recording.path for recording in others.recordings[::30]]
    result = export_onnx(tmp_path / "run" / "bundle", tmp_path / "out", compare_on=recordings)
    assert result.agreement.largest <= 1e-4
