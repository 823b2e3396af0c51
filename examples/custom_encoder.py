"""Use an encoder of your own: a class that keeps the Encoder protocol, and the steps of an experiment by hand.

    heartprobe data synth synthetic --patients 24
    python examples/custom_encoder.py synthetic

The encoder below hears only how loudness rises and falls. Yours may be any torch module: it gets windows and
returns hidden states. Everything else (windows, storage of features, choice of the layer, splits by patient,
metrics) stays as it is.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from heartprobe.config.load import load_config
from heartprobe.data.catalogue import read_dataset
from heartprobe.decisions.fitting import fit_decider
from heartprobe.decisions.rows import prediction_rows
from heartprobe.encoders.protocol import EncoderInfo
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.evaluation.protocols.plan import make_splits
from heartprobe.features.encoder_windows import resolve_front_end
from heartprobe.features.extract import extract
from heartprobe.features.recipe import Recipe
from heartprobe.progress import SilentProgress
from heartprobe.training.probe import fit_probe

FRAME, HOP = 256, 128
BANDS_HZ = (20, 45, 80, 130, 200, 300, 450, 700)


class LoudnessFrames(nn.Module):
    """Loudness in a few bands, frame by frame, and how much it changed: two hidden states."""

    def forward(self, windows: Tensor) -> Tensor:
        """Turn `(batch, samples)` into `(2, batch, frames, bands)`."""
        spectrum = torch.fft.rfft(windows.unfold(1, FRAME, HOP) * torch.hann_window(FRAME)).abs() ** 2
        frequency_hz = torch.fft.rfftfreq(FRAME, 1 / 4000)
        edges = pairwise(BANDS_HZ)
        bands = [spectrum[:, :, (frequency_hz >= low) & (frequency_hz < high)].mean(-1) for low, high in edges]
        loudness = torch.log(torch.stack(bands, dim=-1) + 1e-6)
        change = torch.diff(loudness, dim=1, prepend=loudness[:, :1]).abs()
        return torch.stack([loudness, change])


class LoudnessEncoder:
    """Keeps heartprobe's Encoder protocol; no base class is needed."""

    def __init__(self) -> None:
        # Features are stored under the fingerprint: it must change whenever the numbers do. With
        # weights, it is the hash of the weights and of every setting.
        fingerprint = hashlib.sha256(f"loudness 1 {FRAME} {HOP} {BANDS_HZ}".encode()).hexdigest()
        self.module = LoudnessFrames().eval()
        self.info = EncoderInfo(
            name="loudness",
            source="loudness",
            revision="1",
            fingerprint=fingerprint,
            rate_hz=4000,
            n_layers=2,
            width=len(BANDS_HZ) - 1,
            min_samples=FRAME,
            hears_heart_rate_sound=True,
        )

    def encode(self, windows: Tensor) -> Tensor:
        """Return all hidden states, `(layers, batch, frames, width)`."""
        return self.module(windows)

    def front_end_parameters(self) -> Iterator[nn.Parameter]:
        """Yield no parameters: there are none."""
        return iter(())

    def layer_modules(self) -> list[nn.Module]:
        """Return no layers: there are none to fine-tune."""
        return []


def evaluate(data: Path) -> dict[str, float]:
    """Return the AUROC over patients of each label, from predictions on test patients alone."""
    config = load_config(
        overrides=["training.multi_label=true", "audio.duration=10", "evaluation.protocol=cv", "evaluation.folds=3"]
    )
    recordings = read_dataset(config.dataset.name, data, config.dataset)
    progress = SilentProgress()

    encoder = LoudnessEncoder()
    front_end, _ = resolve_front_end(config.audio, encoder.info)
    recipe = Recipe.of(front_end, encoder.info, "fp32")
    # No store: a FeatureStore() instead of None would keep the features for the next run.
    table = extract(recordings.recordings, encoder, recipe, None, progress=progress)

    folds = []
    for split in make_splits(recordings, config):
        probe = fit_probe({front_end.time_scale: table}, recordings, split, config, progress=progress)
        tested = np.flatnonzero(np.isin(table.patient_ids, split.test))
        windows = WindowProbabilities(
            tuple(table.recording_ids[row] for row in tested),
            probe.classifier.predict(table, recordings.patients, tested),
        )
        decider = fit_decider(probe.validation, recordings, config.labels, config.evaluation)
        folds.append(prediction_rows(split, recordings, windows, decider))

    levels = measure(pd.concat(folds, ignore_index=True), seed=0, draws=200)
    return {label: metrics["auroc"]["value"] for label, metrics in levels["patient"]["labels"].items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="data set in the layout of BMD-HS")
    for label, auroc in evaluate(parser.parse_args().data).items():
        print(f"{label:>3}  AUROC {auroc:.3f}")


if __name__ == "__main__":
    main()
