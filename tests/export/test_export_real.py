"""Whisper and heartprobe-pcg on real recordings. Skipped where these are absent."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_bundles import Tiny

from heartprobe.export import export_onnx

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
