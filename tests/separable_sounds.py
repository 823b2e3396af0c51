"""Patients whose sounds and features tell their labels, made in a moment from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from numpy.typing import NDArray

from heartprobe.config.load import validate_config
from heartprobe.config.schema import Config
from heartprobe.data.recordings import Demographics, Patient, Recording, RecordingSet
from heartprobe.data.split import Split
from heartprobe.features.pooling import PooledWindows
from heartprobe.features.table import FeatureTable

if TYPE_CHECKING:
    from heartprobe.progress import Progress
    from heartprobe.training.fine_tuned import FineTuned

RATE_HZ = 4000


def make_patients(n_patients: int, labels: Sequence[str] = ("N", "AS")) -> dict[str, Patient]:
    """Return patients with all combinations of the labels in turn, and demographics that tell nothing."""
    patients = {}
    for i in range(n_patients):
        values = {label: (i >> position) & 1 for position, label in enumerate(labels)}
        known = Demographics(age=30.0 + (7 * i) % 40, sex="MF"[(i // 3) % 2], smoker=i % 5 == 0, lives="UR"[i % 2])
        patients[f"P{i:03d}"] = Patient(f"P{i:03d}", values, known)
    return patients


def make_recordings(patients: Mapping[str, Patient], per_patient: int = 2, folder: Path = Path()) -> RecordingSet:
    """Return recordings whose files need not exist."""
    recordings = tuple(
        Recording(f"{patient}_{i}", patient, folder / f"{patient}_{i}.wav")
        for patient in patients
        for i in range(per_patient)
    )
    return RecordingSet("separable", recordings, dict(patients))


def write_sounds(
    folder: Path, patients: Mapping[str, Patient], *, per_patient: int = 2, seconds: float = 2.0
) -> RecordingSet:
    """Write a sound for each recording: noise with two beats a second, and a whistle for each label that is 1."""
    folder.mkdir(parents=True, exist_ok=True)
    recordings = make_recordings(patients, per_patient, folder)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    for i, recording in enumerate(recordings.recordings):
        rng = np.random.default_rng(i)
        beat = np.maximum(0.0, np.sin(2 * np.pi * 2 * time_s + rng.uniform(0, 6)))
        samples = 0.3 * rng.standard_normal(time_s.size) + beat * np.sin(2 * np.pi * 60 * time_s)
        for position, value in enumerate(patients[recording.patient_id].labels.values()):
            if value:
                samples += beat * np.sin(2 * np.pi * (300 + 400 * position) * time_s)
        soundfile.write(recording.path, samples / np.abs(samples).max(), RATE_HZ, subtype="PCM_16")
    return recordings


def make_table(
    recordings: RecordingSet,
    labels: Sequence[str],
    *,
    layers: Sequence[float] = (0.2, 2.0),
    width: int = 6,
    windows: int = 2,
    seed: int = 0,
) -> FeatureTable:
    """Return features: noise, to which each known label that is 1 adds `layers[i]` in a column of its own."""
    rng = np.random.default_rng(seed)
    features = []
    for recording in recordings.recordings:
        values = recordings.patients[recording.patient_id].labels
        effect = np.zeros(width)
        effect[: len(labels)] = [values.get(label) or 0 for label in labels]
        noise = rng.standard_normal((len(layers), windows, width))
        rows: NDArray[np.float32] = (noise + np.multiply.outer(layers, effect)[:, np.newaxis]).astype(np.float32)
        features.append(PooledWindows(rows, np.arange(windows, dtype=np.float64), False))
    ids = [(r.recording_id, r.patient_id) for r in recordings.recordings for _ in range(windows)]
    return FeatureTable(
        recording_ids=tuple(recording for recording, _ in ids),
        patient_ids=tuple(patient for _, patient in ids),
        starts_s=np.tile(np.arange(windows, dtype=np.float64), len(recordings.recordings)),
        n_layers=len(layers),
        width=width,
        findings=(),
        sounds={r.recording_id: "" for r in recordings.recordings},
        _features=features,
    )


def make_split(patients: Sequence[str], *, folds: int = 3, n_test: int = 8) -> Split:
    """Return a split that tests the last patients and deals the others in turn to validation folds."""
    developed = list(patients)[:-n_test]
    dealt = tuple(tuple(developed[i::folds]) for i in range(folds))
    return Split(0, 0, (), dealt, tuple(list(patients)[-n_test:]))


def make_config(**settings: object) -> Config:
    """Return a configuration; `training__epochs=3` sets `training.epochs`."""
    values: dict[str, object] = {"dataset": {"disease_classes": ["N", "AS"]}, "training": {"multi_label": True}}
    for key, value in settings.items():
        *sections, last = key.split("__")
        inner = values
        for section in sections:
            inner = inner.setdefault(section, {})  # type: ignore[assignment]
        inner[last] = value
    return validate_config(values, source="the test")


def fine_tune_tiny(
    recordings: RecordingSet, encoder: Path, work_folder: Path, progress: Progress, **settings: object
) -> FineTuned:
    """Fine-tune a tiny encoder for four epochs on windows of one second."""
    from heartprobe.encoders.load import load_encoder
    from heartprobe.features.encoder_windows import resolve_front_end
    from heartprobe.training.fine_tuning import fine_tune

    config = make_config(
        **{
            "audio__duration": 1.0,
            "audio__time_scale": 4.0,
            "training__fine_tuning__epochs": 4,
            "training__fine_tuning__learning_rate": 1e-3,
            "data_loading__num_workers": 0,
            **settings,
        }
    )
    loaded = load_encoder(str(encoder))
    front_end, _ = resolve_front_end(config.audio, loaded.info)
    split = make_split(list(recordings.patients))
    return fine_tune(
        recordings, loaded, front_end, split, config, device="cpu", work_folder=work_folder, progress=progress
    )
