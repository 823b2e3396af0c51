"""Encoders of the raw waveform: wav2vec 2.0, WavLM, HuBERT, data2vec-audio, UniSpeech-SAT.

They share one shape: convolutions over samples, a projection, a convolution for positions, and
transformer layers. The hidden states are collected here rather than asked of transformers, whose
versions differ in whether the last one is taken before or after the final normalisation, and
whose training mode masks frames and drops whole layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
import transformers
from torch import Tensor, nn

from heartprobe.encoders import fast_convolutions
from heartprobe.encoders.checkpoint import Checkpoint
from heartprobe.encoders.fast_wavlm import use_fast_attention
from heartprobe.encoders.onednn_linear import is_plain_inference
from heartprobe.encoders.pretrained import build, read_config

ARCHITECTURES: dict[str, tuple[str, str]] = {
    "wav2vec2": ("Wav2Vec2Config", "Wav2Vec2Model"),
    "wavlm": ("WavLMConfig", "WavLMModel"),
    "hubert": ("HubertConfig", "HubertModel"),
    "data2vec-audio": ("Data2VecAudioConfig", "Data2VecAudioModel"),
    "unispeech-sat": ("UniSpeechSatConfig", "UniSpeechSatModel"),
}

# What transformers' Wav2Vec2FeatureExtractor does where its configuration does not say otherwise.
PREPROCESSOR = {"sampling_rate": 16_000, "do_normalize": True}

# Wav2Vec2FeatureExtractor of transformers adds it to the variance.
VARIANCE_FLOOR = 1e-7


class RawWaveform(nn.Module):
    """A raw-waveform encoder that returns all hidden states.

    Args:
        model: transformers' model, e.g. `WavLMModel`.
        preprocessor: The settings named in `PREPROCESSOR`; `do_normalize` gives each window zero
            mean and unit variance first.
    """

    feature_extractor: Any
    feature_projection: Any
    encoder: Any

    def __init__(self, model: Any, preprocessor: Mapping[str, Any]) -> None:
        super().__init__()
        self.feature_extractor = model.feature_extractor
        self.feature_projection = model.feature_projection
        self.encoder = model.encoder
        self.rate_hz = int(preprocessor["sampling_rate"])
        self.is_standardised = bool(preprocessor["do_normalize"])
        self.width = int(model.config.hidden_size)
        self.min_samples = shortest_window(model.config.conv_kernel, model.config.conv_stride)
        self.max_samples = None
        # "Stable" models normalise after the last layer, the others before the first.
        self.normalises_last = bool(getattr(model.config, "do_stable_layer_norm", False))
        self.passes_position_bias = model.config.model_type == "wavlm"

    @property
    def layers(self) -> nn.ModuleList:
        """The transformer layers."""
        return cast(nn.ModuleList, self.encoder.layers)

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(layers + 1, batch, frames, width)`, float32."""
        hidden = standardise(windows) if self.is_standardised else windows
        is_plain = is_plain_inference(hidden)
        if is_plain:
            hidden = fast_convolutions.convolve(self.feature_extractor.conv_layers, hidden)
        else:
            hidden = hidden[:, None]
            for convolution in self.feature_extractor.conv_layers:
                hidden = convolution(hidden)
            hidden = hidden.transpose(1, 2)
        projected = self.feature_projection(hidden)
        hidden = projected[0] if isinstance(projected, tuple) else projected
        embedding = self.encoder.pos_conv_embed
        hidden = hidden + (fast_convolutions.positions(embedding, hidden) if is_plain else embedding(hidden))
        if not self.normalises_last:
            hidden = self.encoder.layer_norm(hidden)
        hidden = self.encoder.dropout(hidden)
        return torch.stack([state.float() for state in self._states(hidden)])

    def front_end_modules(self) -> list[nn.Module]:
        """Return convolutions, projection, positions and what normalises them."""
        modules = [self.feature_extractor, self.feature_projection, self.encoder.pos_conv_embed]
        return modules if self.normalises_last else [*modules, self.encoder.layer_norm]

    def _states(self, hidden: Tensor) -> list[Tensor]:
        states = [hidden]
        position_bias = None
        for layer in self.layers:
            if self.passes_position_bias:
                hidden, position_bias = layer(hidden, position_bias=position_bias)[:2]
            else:
                result = layer(hidden)
                hidden = result[0] if isinstance(result, tuple) else result
            states.append(hidden)
        if self.normalises_last:
            states[-1] = self.encoder.layer_norm(hidden)
        return states


def standardise(windows: Tensor) -> Tensor:
    """Give each window zero mean and unit variance, as `Wav2Vec2FeatureExtractor` does it."""
    centred = windows - windows.mean(-1, keepdim=True)
    return centred / torch.sqrt(centred.square().mean(-1, keepdim=True) + VARIANCE_FLOOR)


def shortest_window(kernels: Sequence[int], strides: Sequence[int]) -> int:
    """Return the number of samples from which the convolutions make one frame."""
    samples = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        samples = (samples - 1) * stride + kernel
    return samples


def load_raw_waveform(checkpoint: Checkpoint, settings: dict[str, Any], preprocessor: Mapping[str, Any]) -> RawWaveform:
    """Return the module for a checkpoint whose `model_type` is one of `ARCHITECTURES`."""
    config_name, model_name = ARCHITECTURES[settings["model_type"]]
    config = read_config(getattr(transformers, config_name), settings, checkpoint)
    # Layers on top of the encoder, which the hidden states do not pass through.
    config.add_adapter = False
    model = build(getattr(transformers, model_name), config, checkpoint.weights(), checkpoint)
    use_fast_attention(model)
    return RawWaveform(model, preprocessor)
