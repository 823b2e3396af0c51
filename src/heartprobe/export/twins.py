"""Encoders once more in terms that export well; they agree with the originals to rounding.

Most of an encoder's modules export as they are, and are taken as they are. Here is what does not,
or what onnxruntime computes slowly or inaccurately: short-time spectra, the Fourier transform
along time, and percentiles over sounds of any length.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn

from heartprobe.encoders import modulation, percentiles, spectrum
from heartprobe.encoders.pcg import bands as pcg_bands
from heartprobe.encoders.pcg import statistics
from heartprobe.export.frame_power import FramePower
from heartprobe.export.rhythm import rhythm


def exportable(module: nn.Module) -> nn.Module:
    """Return a module that exports and computes what an encoder's module does; often that module itself."""
    twin = _TWINS.get(type(module).__name__)
    return module if twin is None else twin(module).eval()


class HeartSoundTwin(nn.Module):
    """`heartprobe.encoders.pcg.module.HeartSoundEncoder`."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.bands, self.network = _EqualisedBandsTwin(encoder.bands), encoder.network
        self.frame_rate_hz = float(encoder.architecture.frame_rate_hz)
        self.time_stride = int(encoder.architecture.time_stride)

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(1, batch, 1, width)`."""
        bands = self.bands(windows)
        embedding = self.network(bands)
        by_band = bands.transpose(1, 2)
        slow_hz = self.frame_rate_hz / self.time_stride
        columns = [
            statistics.mean_and_deviation(embedding),
            self._varying(embedding, slow_hz, statistics.NETWORK_EDGES_HZ, statistics.FLOOR),
            self._varying(by_band, self.frame_rate_hz, statistics.BANDS_EDGES_HZ, statistics.SPECTRUM_FLOOR),
            percentiles_of(by_band, statistics.LEVELS).transpose(1, 2).flatten(1),
        ]
        return torch.cat(columns, dim=1)[None, :, None, :]

    def _varying(self, frames: Tensor, rate_hz: float, edges_hz: tuple[float, ...], floor: float) -> Tensor:
        shortest = round(statistics.SHORTEST_S * rate_hz)
        centred = frames - frames.mean(2, keepdim=True)
        magnitude = rhythm(centred, rate_hz, list(edges_hz), shortest, floor, False)
        return torch.log(magnitude + floor).transpose(1, 2).flatten(1)


class _EqualisedBandsTwin(nn.Module):
    """`heartprobe.encoders.pcg.bands.EqualisedBands`."""

    weights: Tensor

    def __init__(self, bands: pcg_bands.EqualisedBands) -> None:
        super().__init__()
        architecture = bands.architecture
        heard = bands.weights.any(1).nonzero()
        bins = (int(heard[0]), int(heard[-1]) + 1)
        self.power = FramePower(bands.taper, hop=architecture.hop, n_fft=architecture.n_fft, bins=bins)
        self.register_buffer("weights", bands.weights[slice(*bins)].clone(), persistent=False)
        self.power_floor = architecture.power_floor

    def forward(self, windows: Tensor) -> Tensor:
        centred = windows - windows.mean(-1, keepdim=True)
        scaled = centred / (centred.std(-1, keepdim=True) + pcg_bands.SILENCE)
        level = torch.log(self.power(scaled) @ self.weights + self.power_floor)
        return level - level.mean(1, keepdim=True)


class WeightFreeTwin(nn.Module):
    """`logmel`, `modulation` and `percentiles`: percentiles, then modulations, where the encoder has them."""

    def __init__(self, encoder: Any, *, has_percentiles: bool, has_modulation: bool) -> None:
        super().__init__()
        first, stop = encoder.spectrum.bands[0][0], encoder.spectrum.bands[-1][1]
        self.bands = [(a - first, b - first) for a, b in encoder.spectrum.bands]
        self.power = FramePower(
            encoder.spectrum.taper,
            hop=spectrum.HOP_SAMPLES,
            n_fft=spectrum.N_FFT,
            bins=(first, stop),
            dtype=torch.float64,
        )
        self.has_percentiles, self.has_modulation = has_percentiles, has_modulation

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(1, batch, 1, width)`."""
        power = self.power(windows)
        in_bands = torch.stack([power[..., first:stop].mean(-1) for first, stop in self.bands], dim=1)
        log_power = torch.log(in_bands + spectrum.POWER_FLOOR)
        columns = []
        if self.has_percentiles:
            columns.append(percentiles_of(log_power, tuple(p / 100 for p in percentiles.PERCENTILES)))
        if self.has_modulation:
            varying = log_power - log_power.mean(-1, keepdim=True)
            edges_hz, shortest = list(modulation.MODULATION_EDGES_HZ), modulation.SHORTEST_TRANSFORM
            magnitude = rhythm(varying, spectrum.FRAME_RATE_HZ, edges_hz, shortest, 0.0, True)
            columns.append(torch.log(magnitude + modulation.MAGNITUDE_FLOOR))
        return torch.cat([column.flatten(1) for column in columns], dim=1)[None, :, None, :]


class LogMelTwin(nn.Module):
    """`heartprobe.encoders.whisper.LogMelSpectrogram`."""

    filters: Tensor

    def __init__(self, spectrogram: Any) -> None:
        super().__init__()
        self.margin, self.hop = spectrogram.n_fft // 2, spectrogram.hop
        bins = (0, self.margin + 1)
        self.power = FramePower(spectrogram.taper, hop=spectrogram.hop, n_fft=spectrogram.n_fft, bins=bins)
        self.register_buffer("filters", spectrogram.filters.T.clone(), persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(batch, n_mels, samples // hop)`."""
        from heartprobe.encoders.whisper import DYNAMIC_RANGE, POWER_FLOOR

        around = nn.functional.pad(windows, (self.margin, self.margin), mode="reflect")
        power = self.power(around)[:, : windows.shape[1] // self.hop]
        decades = (power @ self.filters).clamp(min=POWER_FLOOR).log10().transpose(1, 2)
        loudest = decades.amax(dim=(1, 2), keepdim=True)
        return (torch.maximum(decades, loudest - DYNAMIC_RANGE) + 4.0) / 4.0


def percentiles_of(values: Tensor, levels: tuple[float, ...]) -> Tensor:
    """Return percentiles of the last axis, linear between neighbours: `(..., n)` to `(..., levels)`."""
    last = values.shape[-1] - 1
    ordered = values.topk(last + 1, dim=-1, largest=False).values
    position = torch.tensor(levels, device=values.device) * last
    below, above = position.floor(), position.ceil()
    return torch.lerp(ordered[..., below.long()], ordered[..., above.long()], position - below)


def _whisper(module: Any) -> nn.Module:
    twin = copy.deepcopy(module)
    twin.spectrogram = LogMelTwin(module.spectrogram)
    return twin  # type: ignore[no-any-return]


# By name, because importing Whisper's module to compare classes takes seconds.
_TWINS: Final[dict[str, Callable[[Any], nn.Module]]] = {
    "HeartSoundEncoder": HeartSoundTwin,
    "LogMel": lambda module: WeightFreeTwin(module, has_percentiles=True, has_modulation=True),
    "Modulation": lambda module: WeightFreeTwin(module, has_percentiles=False, has_modulation=True),
    "Percentiles": lambda module: WeightFreeTwin(module, has_percentiles=True, has_modulation=False),
    "WhisperAudio": _whisper,
}
