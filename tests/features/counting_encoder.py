"""A small encoder with random weights that keeps the `Encoder` protocol and counts what it is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor, nn

from heartprobe.data.recordings import Recording
from heartprobe.encoders.protocol import EncoderInfo
from heartprobe.features.recipe import Recipe
from heartprobe.signal.front_end import FrontEnd

INFO = EncoderInfo(
    name="tiny",
    source="tiny",
    revision="local",
    fingerprint="0" * 64,
    rate_hz=4000,
    n_layers=3,
    width=48,
    min_samples=64,
)

#: One window per second of recording.
FRONT_END = FrontEnd(
    rate_hz=4000,
    time_scale=1.0,
    duration_s=1.0,
    windows="all",
    normalise="standard",
    bandpass_hz=None,
    remove_spikes=False,
)

RECIPE = Recipe.of(FRONT_END, INFO, "fp32")


class CountingEncoder:
    """A convolution and two layers; `encode` may be made slow with `delay_s`."""

    def __init__(self, *, delay_s: float = 0.0, info: EncoderInfo = INFO) -> None:
        self.info = info
        self.delay_s = delay_s
        self.batch_sizes: list[int] = []
        self.threads: set[int] = set()
        with torch.random.fork_rng():
            torch.manual_seed(1)
            self.convolution = nn.Conv1d(1, 48, 64, stride=16)
            self.layers = nn.ModuleList(nn.Linear(48, 48) for _ in range(2))
        self.module = nn.ModuleList([self.convolution, *self.layers])

    @property
    def n_encoded(self) -> int:
        return sum(self.batch_sizes)

    def encode(self, windows: Tensor) -> Tensor:
        time.sleep(self.delay_s)
        self.batch_sizes.append(len(windows))
        self.threads.add(torch.get_num_threads())
        states = [torch.tanh(self.convolution(windows[:, None])).transpose(1, 2)]
        for layer in self.layers:
            states.append(torch.tanh(layer(states[-1])))
        return torch.stack(states)

    def front_end_parameters(self) -> Iterator[nn.Parameter]:
        yield from self.convolution.parameters()

    def layer_modules(self) -> list[nn.Module]:
        return list(self.layers)


class PooledEncoder(CountingEncoder):
    """Returns one frame that is a statistic over the window already."""

    def __init__(self) -> None:
        super().__init__(info=replace(INFO, name="pooled", fingerprint="1" * 64, is_pooled=True))

    def encode(self, windows: Tensor) -> Tensor:
        return super().encode(windows).mean(dim=2, keepdim=True)


def write_recordings(folder: Path, count: int, *, seconds: float = 2.0) -> list[Recording]:
    """Write wav files of noise, no two alike; each patient has two."""
    folder.mkdir(parents=True, exist_ok=True)
    recordings = []
    for i in range(count):
        path = folder / f"P{i // 2:03d}_{i}.wav"
        samples = np.random.default_rng(i).uniform(-0.5, 0.5, round(seconds * 4000))
        soundfile.write(path, samples, 4000, subtype="PCM_16")
        recordings.append(Recording(path.stem, f"P{i // 2:03d}", path))
    return recordings
