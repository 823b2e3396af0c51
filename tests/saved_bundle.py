"""Small model folders: one that is whole but that its head is none, and one that answers at random."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from heartprobe.bundle.folder import write_bundle
from heartprobe.bundle.manifest import EncoderReference, Manifest, TrainingFacts
from heartprobe.config.schema import AudioConfig
from heartprobe.decisions.decider import Decider
from heartprobe.encoders.load import load_encoder
from heartprobe.models.linear_head import LinearHead
from heartprobe.models.standardiser import Standardiser
from heartprobe.signal.front_end import FrontEnd

INTERVAL = {
    "slope": 1.6,
    "intercept": -0.25,
    "slope_variance": 0.25,
    "intercept_variance": 0.125,
    "covariance": -0.0625,
    "quantile": 1.959963984540054,
}
CALIBRATION = {
    "slope": 1.5,
    "intercept": -0.1 - 0.2,
    "reason": None,
    "interval": INTERVAL,
    "why_no_interval": None,
    "prevalence": 0.3,
}
LEVEL = {
    "calibration": CALIBRATION,
    "threshold": {"value": 0.4, "reason": None},
    "band": {"low": 0.3, "high": 0.5, "reason": None},
}
DECISION = {
    "patient_rule": "learned",
    "calibration": "platt",
    "threshold_rule": "youden",
    "largest_error": 0.1,
    "recordings_per_patient": 8.0,
    "labels": {"N": {"position_weights": {"sup_Mit": 0.25}, "recordings": LEVEL, "patients": LEVEL}},
}
CARD = (
    '---\nlicense: "other"\nlibrary_name: "heartprobe"\n---\n\n# Card\n\n    heartprobe predict --from-hub OWNER/NAME\n'
)
LOGMEL = EncoderReference(name="logmel", source="logmel", revision="1", fingerprint="ab" * 32, rate_hz=4000)


def manifest(**changed: Any) -> Manifest:
    """Return what a model folder says, with some fields changed."""
    values: dict[str, Any] = {
        "labels": ("N",),
        "encoder": LOGMEL,
        "front_end": {"rate_hz": 4000, "windows": "all", "duration_s": 5.0, "time_scale": 1.0},
        "precision": "fp32",
        "layer": 0,
        "head": {"kind": "linear"},
        "demographics": None,
        "decision": Decider.from_dict(DECISION),
        "training": TrainingFacts(
            dataset="bmd-hs", is_synthetic=True, patients=8, recordings=64, protocol="cv", heartprobe_version="0"
        ),
    }
    return Manifest(**{**values, **changed})


def save(folder: Path, *, encoder_folder: Path | None = None, card: str = CARD, **changed: Any) -> Path:
    """Write a model folder."""
    tensors = {"weight": torch.arange(6.0).reshape(2, 3)}
    write_bundle(folder, manifest(**changed), tensors, card, encoder_folder=encoder_folder)
    return folder


def save_working(folder: Path, *, labels: tuple[str, ...] = ("N", "AS")) -> Path:
    """Write the folder of a model that opens and answers: a linear head of random weights on `logmel`."""
    info = load_encoder("logmel").info
    rng = np.random.default_rng(0)
    head = LinearHead(
        labels,
        Standardiser(np.zeros(info.width), np.ones(info.width)),
        rng.normal(0, 0.01, (len(labels), info.width)),
        np.zeros(len(labels)),
    )
    decision = {**DECISION, "labels": dict.fromkeys(labels, DECISION["labels"]["N"])}
    write_bundle(
        folder,
        manifest(
            labels=labels,
            encoder=EncoderReference(
                name=info.name,
                source=info.source,
                revision=info.revision,
                fingerprint=info.fingerprint,
                rate_hz=info.rate_hz,
            ),
            front_end=asdict(FrontEnd.of(AudioConfig(), info.rate_hz, time_scale=1.0)),
            head=head.settings(),
            decision=Decider.from_dict(decision),
        ),
        head.tensors(),
        CARD,
    )
    return folder
