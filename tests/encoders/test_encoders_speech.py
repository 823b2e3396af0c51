import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.speech import shortest_window, standardise
from heartprobe.errors import EncoderError
from tiny_encoders import TINY_ENCODERS, TinyEncoder, build_tiny_model, save_tiny_encoder

RAW_WAVEFORM_KINDS = [kind for kind in TINY_ENCODERS if kind != "whisper"]


@pytest.fixture
def windows() -> torch.Tensor:
    return torch.randn(2, 4000, generator=torch.Generator().manual_seed(1))


def _change_json(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.mark.parametrize("kind", RAW_WAVEFORM_KINDS)
def test_hidden_states_are_those_of_transformers(kind: str, tiny_encoder: TinyEncoder, windows: torch.Tensor) -> None:
    """Every layer of every architecture, loaded with its own class; the last one after all normalisation."""
    encoder = load_encoder(str(tiny_encoder(kind)))
    model = build_tiny_model(kind)
    with torch.inference_mode():
        result = model(standardise(windows), output_hidden_states=True)
        expected = [*result.hidden_states[:-1], result.last_hidden_state]
        hidden = encoder.encode(windows)
    assert len(hidden) == len(expected) == 4
    for layer, (mine, theirs) in enumerate(zip(hidden, expected, strict=True)):
        torch.testing.assert_close(mine, theirs, atol=2e-5, rtol=1e-4, msg=lambda text, n=layer: f"layer {n}: {text}")


def test_standardised_windows_have_zero_mean_and_unit_variance() -> None:
    """1, 2, 3 has the population variance 2/3; each window is on its own."""
    windows = torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [5.0, 5.0, 5.0]])
    root = (3 / 2) ** 0.5
    expected = torch.tensor([[-root, 0.0, root], [-root, 0.0, root], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(standardise(windows), expected)


def test_standardising_is_that_of_transformers(windows: torch.Tensor) -> None:
    """`Wav2Vec2FeatureExtractor` is the reference."""
    from transformers import Wav2Vec2FeatureExtractor

    shifted = 3 * windows + 1
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True)
    theirs = extractor(list(shifted.numpy()), sampling_rate=16_000, return_tensors="pt")["input_values"]
    torch.testing.assert_close(standardise(shifted), theirs, atol=1e-5, rtol=1e-5)


def test_input_is_standardised_where_the_model_says_so(tmp_path: Path, windows: torch.Tensor) -> None:
    """`do_normalize: true` makes loudness irrelevant; `false` (WavLM-base) hands the window on as it is."""
    yes = load_encoder(str(save_tiny_encoder("wavlm-layer-norm", tmp_path / "yes")))
    no = load_encoder(str(save_tiny_encoder("wavlm-layer-norm", tmp_path / "no", preprocessor={"do_normalize": False})))
    with torch.inference_mode():
        torch.testing.assert_close(yes.encode(5 * windows), yes.encode(windows), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(no.encode(standardise(windows)), yes.encode(windows))
        assert not torch.allclose(no.encode(5 * windows), no.encode(windows), atol=1e-2)
    assert yes.info.fingerprint != no.info.fingerprint


def test_the_rate_is_the_models_own(tmp_path: Path) -> None:
    """As its preprocessor configuration says."""
    folder = save_tiny_encoder("hubert", tmp_path / "hubert", preprocessor={"sampling_rate": 8000})
    assert load_encoder(str(folder)).info.rate_hz == 8000


def test_the_shortest_window_makes_one_frame(tiny_encoder: TinyEncoder) -> None:
    """400 samples (25 ms) in wav2vec 2.0; one sample less is refused with a sentence."""
    assert shortest_window((10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2)) == 400
    encoder = load_encoder(str(tiny_encoder("wav2vec2-layer-norm")))
    assert encoder.info.min_samples == 30
    assert encoder.encode(torch.ones(1, 30)).shape == (4, 1, 1, 32)
    with pytest.raises(EncoderError, match=r"at least 30 samples \(0\.00187 s at 16000 Hz\), not 29"):
        encoder.encode(torch.ones(1, 29))


def test_wavlm_is_loaded_as_wavlm(tiny_encoder: TinyEncoder) -> None:
    """Its layers know relative positions; those of wav2vec 2.0 do not."""
    names = [name for name, _ in load_encoder(str(tiny_encoder("wavlm"))).module.named_parameters()]
    assert any("rel_attn_embed" in name for name in names)
    assert any("gru_rel_pos_const" in name for name in names)


def test_wavlm_under_a_false_flag_is_refused(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """A config.json that calls WavLM's weights wav2vec2 would drop what makes it WavLM."""
    folder = shutil.copytree(tiny_encoder("wavlm"), tmp_path / "false-flag")
    _change_json(folder / "config.json", model_type="wav2vec2")
    with pytest.raises(EncoderError, match=r"weights that the layers of a Wav2Vec2Model do not have .*gru_rel_pos"):
        load_encoder(str(folder))


def test_no_weight_is_ever_random(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """wav2vec2 weights called WavLM lack weights; so does a checkpoint with one tensor gone."""
    folder = shutil.copytree(tiny_encoder("wav2vec2-group-norm"), tmp_path / "no-wavlm")
    _change_json(folder / "config.json", model_type="wavlm")
    with pytest.raises(EncoderError, match=r"weights of a WavLMModel are not in its checkpoint .*would be random"):
        load_encoder(str(folder))

    folder = shutil.copytree(tiny_encoder("hubert"), tmp_path / "incomplete")
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layers.2.feed_forward.output_dense.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"1 weights of a HubertModel .*layers\.2\.feed_forward\.output_dense"):
        load_encoder(str(folder))


def test_the_mask_of_training_may_be_missing(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """`masked_spec_embed` plays no part in encoding, so checkpoints without it are whole."""
    folder = shutil.copytree(tiny_encoder("hubert"), tmp_path / "no-mask")
    weights = load_file(folder / "model.safetensors")
    del weights["masked_spec_embed"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert load_encoder(str(folder)).info.fingerprint == load_encoder(str(tiny_encoder("hubert"))).info.fingerprint


def test_weights_of_another_size_are_one_sentence(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """config.json and weights do not fit."""
    folder = shutil.copytree(tiny_encoder("hubert"), tmp_path / "wide")
    _change_json(folder / "config.json", hidden_size=64)
    with pytest.raises(EncoderError, match=r"its weights do not fit its config\.json") as caught:
        load_encoder(str(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("changes", [{"conv_dim": [16]}, {"hidden_size": "many"}, {"num_attention_heads": 5}])
def test_an_impossible_configuration_is_one_sentence(
    changes: dict[str, Any], tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """Whatever transformers raises about it."""
    folder = shutil.copytree(tiny_encoder("hubert"), tmp_path / "impossible")
    _change_json(folder / "config.json", **changes)
    with pytest.raises(EncoderError, match=r"Encoder 'impossible': .*config\.json") as caught:
        load_encoder(str(folder))
    assert "\n" not in str(caught.value)


def test_a_checkpoint_as_published_loads_the_same_encoder(tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """`pytorch_model.bin` of a model with heads on top, with the older names of weight normalisation."""
    source = tiny_encoder("wav2vec2-group-norm")
    folder = shutil.copytree(source, tmp_path / "published")
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    positions = "encoder.pos_conv_embed.conv."
    old_names = {
        positions + "parametrizations.weight.original0": positions + "weight_g",
        positions + "parametrizations.weight.original1": positions + "weight_v",
    }
    published = {"wav2vec2." + old_names.get(name, name): tensor for name, tensor in weights.items()}
    published |= {"quantizer.codevectors": torch.zeros(1, 4, 8), "project_q.bias": torch.zeros(3)}
    torch.save(published, folder / "pytorch_model.bin")
    assert load_encoder(str(folder)).info.fingerprint == load_encoder(str(source)).info.fingerprint


def test_training_drops_no_layer_and_masks_no_frame(tmp_path: Path, windows: torch.Tensor) -> None:
    """Whatever layerdrop and SpecAugment the configuration was pre-trained with."""
    folder = save_tiny_encoder("wav2vec2-group-norm", tmp_path / "drops")
    never = {"hidden_dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0, "feat_proj_dropout": 0.0}
    _change_json(folder / "config.json", layerdrop=1.0, mask_time_prob=1.0, apply_spec_augment=True, **never)
    encoder = load_encoder(str(folder))
    expected = encoder.encode(windows).detach()
    encoder.module.train()
    torch.testing.assert_close(encoder.encode(windows).detach(), expected)


def test_loading_is_silent(tiny_encoder: TinyEncoder, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither reports nor progress bars of transformers reach the terminal."""
    folder = tiny_encoder("unispeech-sat")
    capfd.readouterr()
    load_encoder(str(folder))
    assert capfd.readouterr() == ("", "")
