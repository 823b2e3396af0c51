"""Small pre-trained-looking encoders with seeded random weights, as folders on disk.

Any test can `from tiny_encoders import save_tiny_encoder`: pytest puts this folder on the path.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

CONVOLUTIONS = {"conv_dim": (16, 16, 16), "conv_kernel": (10, 3, 2), "conv_stride": (5, 2, 2)}
TRANSFORMER = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
POSITIONS = {"num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 4}
RAW_WAVEFORM: dict[str, Any] = {**CONVOLUTIONS, **TRANSFORMER, **POSITIONS, "vocab_size": 4}

# Post-norm with group norm (the base models) and pre-norm with layer norm (the large ones).
BASE_STYLE = {"feat_extract_norm": "group", "do_stable_layer_norm": False}
LARGE_STYLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}

TINY_ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    "wav2vec2-group-norm": ("Wav2Vec2", {**RAW_WAVEFORM, **BASE_STYLE}),
    "wav2vec2-layer-norm": ("Wav2Vec2", {**RAW_WAVEFORM, **LARGE_STYLE}),
    "wavlm": ("WavLM", {**RAW_WAVEFORM, **BASE_STYLE}),
    "wavlm-layer-norm": ("WavLM", {**RAW_WAVEFORM, **LARGE_STYLE}),
    "hubert": ("Hubert", {**RAW_WAVEFORM, **BASE_STYLE}),
    "data2vec-audio": (
        "Data2VecAudio",
        {**CONVOLUTIONS, **TRANSFORMER, "conv_pos_kernel_size": 5, "num_conv_pos_embeddings": 2, "vocab_size": 4}
        | {"num_conv_pos_embedding_groups": 4},
    ),
    "unispeech-sat": ("UniSpeechSat", {**RAW_WAVEFORM, **BASE_STYLE}),
    "whisper": (
        "Whisper",
        {"d_model": 32, "encoder_layers": 3, "decoder_layers": 1, "encoder_attention_heads": 4}
        | {"decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "num_mel_bins": 20}
        | {"max_source_positions": 500, "max_target_positions": 8, "vocab_size": 8}
        | {"pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0},
    ),
}

RAW_WAVEFORM_PREPROCESSOR = {
    "feature_extractor_type": "Wav2Vec2FeatureExtractor",
    "feature_size": 1,
    "do_normalize": True,
    "sampling_rate": 16_000,
}
WHISPER_PREPROCESSOR = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 20,
    "sampling_rate": 16_000,
    "n_fft": 400,
    "hop_length": 160,
    "chunk_length": 10,
}


class TinyEncoder(Protocol):
    """The fixture `tiny_encoder`: from a kind of `TINY_ENCODERS` to a folder that tests must not change."""

    def __call__(self, kind: str) -> Path: ...


def build_tiny_model(kind: str, *, seed: int = 0) -> Any:
    """Return transformers' model of that kind with random weights; the global generator is left as it was."""
    import torch
    import transformers

    name, settings = TINY_ENCODERS[kind]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = getattr(transformers, f"{name}Config")(**settings)
        model = getattr(transformers, f"{name}Model")(config).eval()
        # Freshly built models have biases of zero and gains of one, which would hide mistakes.
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
    return model


def save_tiny_encoder(kind: str, folder: Path, *, seed: int = 0, preprocessor: dict[str, Any] | None = None) -> Path:
    """Write a tiny encoder into a folder, as transformers' `save_pretrained` does.

    Args:
        kind: A key of `TINY_ENCODERS`.
        folder: Where to write; made if it is missing.
        seed: Seed of the weights.
        preprocessor: Settings that replace those of `preprocessor_config.json`.
    """
    build_tiny_model(kind, seed=seed).save_pretrained(folder)
    settings = WHISPER_PREPROCESSOR if kind == "whisper" else RAW_WAVEFORM_PREPROCESSOR
    text = json.dumps({**settings, **(preprocessor or {})}, indent=2)
    (folder / "preprocessor_config.json").write_text(text, encoding="utf-8")
    return folder
