"""Model folders of untrained heads on any encoder, made in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from heartprobe.bundle.folder import write_bundle
from heartprobe.bundle.manifest import EncoderReference, Manifest, TrainingFacts
from heartprobe.config.schema import AudioConfig
from heartprobe.data.recordings import Demographics
from heartprobe.decisions.decider import Decider
from heartprobe.encoders.load import load_encoder
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.pooling import pool
from heartprobe.features.recipe import Recipe
from heartprobe.models import Head, HeadNetwork, LinearHead, MlpHead, Standardiser
from heartprobe.signal.front_end import FrontEnd

LABELS = ("N", "AS", "MR")
DEMOGRAPHICS = DemographicsEncoder(("age", "sex"), {"M": 1.0, "F": 0.0}, (50.0, 0.5), (15.0, 0.5))
PATIENT = Demographics(age=61, sex="F")

_LEVEL = {
    "calibration": {"slope": 1.0, "intercept": 0.0, "reason": None},
    "threshold": {"value": 0.5, "reason": None},
    "band": {"low": 0.45, "high": 0.55, "reason": None},
}
_DECISION = {
    "patient_rule": "mean",
    "calibration": "none",
    "threshold_rule": "fixed",
    "largest_error": 0.1,
    "labels": {label: {"recordings": _LEVEL, "patients": _LEVEL} for label in LABELS},
}


@dataclass(frozen=True)
class Tiny:
    """What a folder is made of.

    Attributes:
        encoder: A name or a folder.
        windows: How recordings are cut.
        layer: What the head reads.
        head: Its kind.
        has_demographics: Whether it uses age and sex as well.
        precision: Arithmetic of the encoder.
        has_noise: Whether the head reads rounding errors.
    """

    encoder: str | Path
    windows: Literal["all", "whole"] = "all"
    layer: int | Literal["all"] = 0
    head: Literal["linear", "mlp"] = "linear"
    has_demographics: bool = False
    precision: Literal["fp32", "bf16"] = "fp32"
    has_noise: bool = False

    def save(self, folder: Path) -> Path:
        """Write the folder; the head's weights are random, on features that are standardised on noise."""
        encoder = load_encoder(str(self.encoder))
        info = encoder.info
        audio = AudioConfig(duration=2.0, windows=self.windows)
        front_end = FrontEnd.of(audio, info.rate_hz, time_scale=1.0)
        features = self._features(encoder, Recipe.of(front_end, info, "fp32").statistics)
        head = self._head(features)
        manifest = Manifest(
            labels=LABELS,
            encoder=EncoderReference(
                name=info.name,
                source=info.source,
                revision=info.revision,
                fingerprint=info.fingerprint,
                rate_hz=info.rate_hz,
            ),
            front_end=asdict(front_end),
            precision=self.precision,
            layer=self.layer,
            head=dict(head.settings()),
            demographics=DEMOGRAPHICS.as_dict() if self.has_demographics else None,
            decision=Decider.model_validate(_DECISION),
            training=TrainingFacts(
                dataset="noise", is_synthetic=True, patients=1, recordings=1, protocol="holdout", heartprobe_version="0"
            ),
        )
        write_bundle(folder, manifest, head.tensors(), "# Card\n")
        return folder

    def _features(self, encoder: Any, statistics: Sequence[Any]) -> NDArray[np.float32]:
        sounds = torch.from_numpy(noise(8, 2 * encoder.info.rate_hz, seed=1))
        with torch.inference_mode():
            layers = pool(encoder.encode(sounds), statistics).numpy()
        read = np.concatenate(list(layers) if self.layer == "all" else [layers[self.layer]], axis=1)
        extra = np.random.default_rng(2).normal(size=(len(read), 2 if self.has_demographics else 0))
        return np.concatenate([read, extra], axis=1).astype(np.float32)

    def _head(self, features: NDArray[np.float32]) -> Head:
        rng, width = np.random.default_rng(3), features.shape[1]
        # Wide enough that no probability is all but 0 or 1, where every model would agree with every other.
        scale = np.maximum(4 * features.std(0), 0.04 * np.median(np.abs(features))).astype(np.float64)
        if self.has_noise:
            scale[:5] = 1e-8
        standardiser = Standardiser(features.mean(0).astype(np.float64), scale)
        if self.head == "linear":
            coefficients = rng.normal(size=(len(LABELS), width)) / np.sqrt(width)
            return LinearHead(LABELS, standardiser, coefficients, rng.normal(size=len(LABELS)))
        with torch.random.fork_rng():
            torch.manual_seed(4)
            network = HeadNetwork(width, len(LABELS), "multi-label", dropout=0.5).eval()
        return MlpHead(LABELS, standardiser, network)


def noise(n_windows: int, n_samples: int, *, seed: int = 0) -> NDArray[np.float32]:
    """Return noise that beats, `(n_windows, n_samples)`, of unit variance."""
    rng = np.random.default_rng(seed)
    beat = 1 + np.sin(np.linspace(0, 2 * np.pi * 8, n_samples))
    sounds = rng.normal(size=(n_windows, n_samples)) * beat
    return (sounds / sounds.std(1, keepdims=True)).astype(np.float32)
