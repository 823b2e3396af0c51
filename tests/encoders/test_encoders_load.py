import json
from pathlib import Path

import pytest

from heartprobe.encoders.load import load_encoder
from heartprobe.errors import EncoderError
from tiny_encoders import TinyEncoder, save_tiny_encoder


def test_a_folder_is_known_by_its_name_and_place(tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source is absolute, so that a bundle finds it again from anywhere."""
    folder = tiny_encoder("hubert")
    monkeypatch.chdir(folder.parent)
    info = load_encoder("./hubert").info
    assert (info.name, info.source, info.revision) == ("hubert", str(folder), "local")
    assert (info.rate_hz, info.n_layers, info.width, info.min_samples, info.max_samples) == (16_000, 4, 32, 30, None)
    assert not info.hears_heart_rate_sound
    assert not info.is_pooled


def test_the_fingerprint_is_of_the_content(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """A copy under another name and from another version of transformers is the same encoder; other weights are not."""
    folder = tiny_encoder("wavlm")
    same = save_tiny_encoder("wavlm", tmp_path / "copy")
    config = json.loads((same / "config.json").read_text())
    (same / "config.json").write_text(json.dumps(config | {"transformers_version": "4.0.0", "_name_or_path": "x"}))
    other = save_tiny_encoder("wavlm", tmp_path / "other", seed=1)
    fingerprint = load_encoder(str(folder)).info.fingerprint
    assert load_encoder(str(same)).info.fingerprint == fingerprint
    assert load_encoder(str(other)).info.fingerprint != fingerprint


def test_the_fingerprint_knows_the_configuration(tmp_path: Path) -> None:
    """Same weights, another epsilon: other numbers."""
    folder = save_tiny_encoder("hubert", tmp_path / "hubert")
    before = load_encoder(str(folder)).info.fingerprint
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-3}))
    assert load_encoder(str(folder)).info.fingerprint != before


@pytest.mark.parametrize("model_type", ["bert", None, ["wav2vec2"]])
def test_other_architectures_are_refused_by_name(model_type: object, tmp_path: Path) -> None:
    """A text model is no encoder of sound; the message says which types are."""
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
    with pytest.raises(EncoderError, match=r"is of type .* which heartprobe cannot run; .*wav2vec2, wavlm.*whisper"):
        load_encoder(str(tmp_path))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    """There is no config.json."""
    with pytest.raises(EncoderError, match=r"there is no config\.json in"):
        load_encoder(str(tmp_path))
