"""A changed encoder that was written is the same encoder when it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.save import save_encoder
from tiny_encoders import TINY_ENCODERS, TinyEncoder


@pytest.mark.parametrize("kind", TINY_ENCODERS)
def test_changed_weights_come_back(kind: str, tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """Bit for bit, for every family; the original stays as it was."""
    encoder = load_encoder(str(tiny_encoder(kind)))
    windows = torch.sin(torch.arange(16_000) / 7.0)[None]
    with torch.no_grad():
        for parameter in encoder.layer_modules()[-1].parameters():
            parameter.add_(0.01)
        changed = encoder.encode(windows)
    save_encoder(encoder, tmp_path / "tuned")
    again = load_encoder(str(tmp_path / "tuned"))
    with torch.no_grad():
        assert torch.equal(again.encode(windows), changed)
        assert not torch.equal(load_encoder(str(tiny_encoder(kind))).encode(windows), changed)
    assert again.info.fingerprint != encoder.info.fingerprint
    assert sorted(path.name for path in (tmp_path / "tuned").iterdir()) == [
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
    ]
