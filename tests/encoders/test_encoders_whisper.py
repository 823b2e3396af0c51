import json
from pathlib import Path

import numpy as np
import pytest
import torch

from heartprobe.encoders.load import load_encoder
from heartprobe.errors import EncoderError
from tiny_encoders import TinyEncoder, build_tiny_model, save_tiny_encoder


@pytest.fixture
def noise() -> torch.Tensor:
    """10 s, the full length of the tiny model."""
    return 0.1 * torch.randn(1, 160_000, generator=torch.Generator().manual_seed(1))


def test_full_length_is_what_transformers_computes(tiny_encoder: TinyEncoder, noise: torch.Tensor) -> None:
    """Log-mel spectrogram and every hidden state."""
    from transformers import WhisperFeatureExtractor

    folder = tiny_encoder("whisper")
    encoder = load_encoder(str(folder))
    features = WhisperFeatureExtractor.from_pretrained(folder)(noise.numpy(), sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        torch.testing.assert_close(encoder.module.spectrogram(noise), features["input_features"], atol=1e-5, rtol=0)
        expected = build_tiny_model("whisper").encoder(features["input_features"], output_hidden_states=True)
        hidden = encoder.encode(noise)
    torch.testing.assert_close(hidden, torch.stack(expected.hidden_states), atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(hidden[-1], expected.last_hidden_state, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize(("n_samples", "frames"), [(400, 1), (80_000, 250), (80_160, 251), (80_319, 251)])
def test_there_are_no_more_frames_than_sound(n_samples: int, frames: int, tiny_encoder: TinyEncoder) -> None:
    """Mel frames every 160 samples, halved (rounded up) by the second convolution: 50 per second."""
    encoder = load_encoder(str(tiny_encoder("whisper")))
    with torch.inference_mode():
        assert encoder.encode(torch.ones(1, n_samples)).shape == (4, 1, frames, 32)


def test_only_the_window_is_heard(tiny_encoder: TinyEncoder, noise: torch.Tensor) -> None:
    """5 s are not what the first half of the same 5 s, padded with silence to the full length, would be."""
    encoder = load_encoder(str(tiny_encoder("whisper")))
    padded = torch.cat([noise[:, :80_000], torch.zeros(1, 80_000)], dim=1)
    with torch.inference_mode():
        assert not torch.allclose(encoder.encode(noise[:, :80_000]), encoder.encode(padded)[:, :, :250], atol=1e-2)


def test_longer_than_it_was_trained_for_is_refused(tiny_encoder: TinyEncoder) -> None:
    """30 s for the published models, 10 s for the tiny one."""
    encoder = load_encoder(str(tiny_encoder("whisper")))
    assert encoder.info.max_samples == 160_000
    with pytest.raises(EncoderError, match=r"at most 160000 samples \(10 s at 16000 Hz\), not 160001"):
        encoder.encode(torch.zeros(1, 160_001))


def test_the_decoder_is_left_out(tiny_encoder: TinyEncoder) -> None:
    """Neither built nor counted."""
    module = load_encoder(str(tiny_encoder("whisper"))).module
    assert not [name for name in module.state_dict() if "decoder" in name]


def test_positions_are_fixed(tiny_encoder: TinyEncoder) -> None:
    """They are sinusoids that no training may move, but they belong to the weights."""
    module = load_encoder(str(tiny_encoder("whisper"))).module
    assert "positions" not in dict(module.named_parameters())
    assert module.state_dict()["positions"].shape == (500, 32)


def test_dither_is_refused(tmp_path: Path) -> None:
    """Noise added to the input would make features random."""
    folder = save_tiny_encoder("whisper", tmp_path / "dithering", preprocessor={"dither": 1e-5})
    with pytest.raises(EncoderError, match=r'asks for dither.*set "dither": 0\.0'):
        load_encoder(str(folder))


def test_a_decoder_alone_is_refused(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """No weight of the encoder is in the checkpoint."""
    from safetensors.torch import save_file

    (tmp_path / "config.json").write_text((tiny_encoder("whisper") / "config.json").read_text())
    save_file({"model.decoder.layer_norm.weight": torch.ones(32)}, tmp_path / "model.safetensors")
    with pytest.raises(EncoderError, match="would be random"):
        load_encoder(str(tmp_path))


@pytest.mark.real_data
def test_the_real_encoder_at_full_length(shared: Path, rng: np.random.Generator) -> None:
    """OpenAI's Whisper tiny.en: 30 s give transformers' own hidden states; fp16 on disk, fp32 here."""
    from transformers import WhisperFeatureExtractor, WhisperModel

    folder = shared / "encoders" / "whisper-tiny.en-encoder"
    encoder = load_encoder(str(folder))
    assert (encoder.info.rate_hz, encoder.info.n_layers, encoder.info.width) == (16_000, 5, 384)
    assert encoder.info.max_samples == 480_000
    sound = (0.1 * rng.normal(size=480_000)).astype(np.float32)
    features = WhisperFeatureExtractor.from_pretrained(folder)(sound, sampling_rate=16_000, return_tensors="pt")
    model = WhisperModel.from_pretrained(folder, dtype=torch.float32).encoder
    with torch.inference_mode():
        expected = torch.stack(model(features["input_features"], output_hidden_states=True).hidden_states)
        hidden = encoder.encode(torch.from_numpy(sound)[None])
    assert hidden.dtype == torch.float32
    torch.testing.assert_close(hidden, expected, atol=2e-3, rtol=1e-3)


@pytest.mark.real_data
def test_the_real_encoder_is_the_same_under_its_published_names(shared: Path, tmp_path: Path) -> None:
    """Published checkpoints prefix their weights with `model.` and hold a decoder."""
    from safetensors.torch import load_file, save_file

    folder = shared / "encoders" / "whisper-tiny.en-encoder"
    weights = {f"model.{name}": tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(weights, tmp_path / "model.safetensors")
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_text(json.dumps(json.loads((folder / name).read_text()), sort_keys=True))
    assert load_encoder(str(tmp_path)).info.fingerprint == load_encoder(str(folder)).info.fingerprint
