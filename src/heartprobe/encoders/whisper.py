"""Whisper's audio encoder, at the real length of the sound.

The published model pads everything to 30 s. Here the log-mel spectrogram is computed of exactly
the window, the positions are cut to its frames and the attention sees nothing else: a window of
5 s costs a sixth and is not embedded among 25 s of silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers.audio_utils import mel_filter_bank
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from heartprobe.encoders.checkpoint import Checkpoint
from heartprobe.encoders.pretrained import build, read_config
from heartprobe.errors import EncoderError

# What transformers' WhisperFeatureExtractor does where its configuration does not say otherwise.
PREPROCESSOR = {"sampling_rate": 16_000, "n_fft": 400, "hop_length": 160, "dither": 0.0}

# Log-mel spectrogram of Whisper (Radford et al. 2022, section 2.2, and openai/whisper's audio.py).
POWER_FLOOR = 1e-10
DYNAMIC_RANGE = 8.0  # decades below the loudest bin of the window


class LogMelSpectrogram(nn.Module):
    """The log-mel spectrogram that Whisper was trained on, of windows of any length.

    Args:
        n_mels: Mel bands.
        rate_hz: Sampling rate.
        n_fft: Samples of the Fourier transform, and of its Hann window.
        hop: Samples between two frames.
    """

    taper: Tensor
    filters: Tensor

    def __init__(self, *, n_mels: int, rate_hz: int, n_fft: int, hop: int) -> None:
        super().__init__()
        filters = mel_filter_bank(
            num_frequency_bins=1 + n_fft // 2,
            num_mel_filters=n_mels,
            min_frequency=0.0,
            max_frequency=rate_hz / 2,
            sampling_rate=rate_hz,
            norm="slaney",
            mel_scale="slaney",
        )
        self.rate_hz, self.n_fft, self.hop = rate_hz, n_fft, hop
        self.register_buffer("taper", torch.hann_window(n_fft), persistent=False)
        self.register_buffer("filters", torch.from_numpy(filters.T).float(), persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(batch, n_mels, samples // hop)`, float32."""
        with torch.autocast(windows.device.type, enabled=False):
            spectrum = torch.stft(windows.float(), self.n_fft, self.hop, window=self.taper, return_complex=True)
            power = spectrum[..., :-1].abs().square()
            decades = (self.filters @ power).clamp(min=POWER_FLOOR).log10()
            loudest = decades.amax(dim=(1, 2), keepdim=True)
            return (torch.maximum(decades, loudest - DYNAMIC_RANGE) + 4.0) / 4.0


class WhisperAudio(nn.Module):
    """Whisper's encoder that returns all hidden states.

    Args:
        model: transformers' `WhisperEncoder`.
        spectrogram: What turns windows into its input.
    """

    layers: nn.ModuleList
    positions: Tensor

    def __init__(self, model: Any, spectrogram: LogMelSpectrogram) -> None:
        super().__init__()
        self.spectrogram = spectrogram
        self.rate_hz = spectrogram.rate_hz
        self.width = int(model.config.d_model)
        self.min_samples = spectrogram.n_fft
        # The second convolution halves the frames.
        self.max_samples = int(model.config.max_source_positions) * 2 * spectrogram.hop
        self.conv1, self.conv2 = model.conv1, model.conv2
        # Fixed sinusoids, so not a parameter that training could move.
        self.register_buffer("positions", model.embed_positions.weight.detach().clone())
        self.layers = model.layers
        self.layer_norm = model.layer_norm
        self.dropout = model.dropout

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(layers + 1, batch, frames, width)`, float32."""
        hidden = nn.functional.gelu(self.conv1(self.spectrogram(windows)))
        hidden = nn.functional.gelu(self.conv2(hidden)).transpose(1, 2)
        hidden = hidden + self.positions[: hidden.shape[1]]
        hidden = nn.functional.dropout(hidden, p=self.dropout, training=self.training)
        states = [hidden]
        for layer in self.layers:
            result = layer(hidden, None)
            hidden = result[0] if isinstance(result, tuple) else result
            states.append(hidden)
        states[-1] = self.layer_norm(hidden)
        return torch.stack([state.float() for state in states])

    def front_end_modules(self) -> list[nn.Module]:
        """Return the convolutions."""
        return [self.conv1, self.conv2]


def load_whisper(checkpoint: Checkpoint, settings: dict[str, Any], preprocessor: Mapping[str, Any]) -> WhisperAudio:
    """Return the module for a Whisper checkpoint; its decoder is not even built."""
    if preprocessor["dither"]:
        raise EncoderError(
            f"Encoder {checkpoint.name!r}: preprocessor_config.json asks for dither, whose noise would make "
            'features random; set "dither": 0.0'
        )
    config = read_config(transformers.WhisperConfig, settings, checkpoint)
    weights = {
        key.removeprefix("model.").removeprefix("encoder."): tensor
        for key, tensor in checkpoint.weights().items()
        if key.startswith(("model.encoder.", "encoder."))
    }
    spectrogram = LogMelSpectrogram(
        n_mels=config.num_mel_bins,
        rate_hz=int(preprocessor["sampling_rate"]),
        n_fft=int(preprocessor["n_fft"]),
        hop=int(preprocessor["hop_length"]),
    )
    return WhisperAudio(build(WhisperEncoder, config, weights, checkpoint), spectrogram)
