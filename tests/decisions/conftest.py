"""Validation patients that the tests of decisions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from heartprobe.data.bmd_hs import position_of
from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities

POSITIONS = ("sup_Mit", "sup_Aor", "sit_Mit", "sit_Aor")


def make_recordings(
    labels_of: Mapping[str, Mapping[str, int | None]], positions: Sequence[str] = POSITIONS
) -> RecordingSet:
    """Return patients with one recording at each position; no file is ever read."""
    recordings = tuple(
        Recording(f"{patient}_{position}", patient, Path("none.wav"), position_of(f"{patient}_{position}"))
        for patient in labels_of
        for position in positions
    )
    return RecordingSet("made-up", recordings, {p: Patient(p, labels) for p, labels in labels_of.items()})


def make_windows(recordings: RecordingSet, labels: Sequence[str], seed: int = 0) -> WindowProbabilities:
    """Return two windows per recording whose probabilities tell the known labels, with much noise."""
    rng = np.random.default_rng(seed)
    ids = tuple(r.recording_id for r in recordings.recordings for _ in range(2))
    targets = recordings.targets([r.patient_id for r in recordings.recordings for _ in range(2)], labels)
    log_odds = 1.5 * (np.nan_to_num(targets, nan=0.5) - 0.5) + rng.normal(0.4, 1.0, targets.shape)
    return WindowProbabilities(ids, 1 / (1 + np.exp(-log_odds)))


@pytest.fixture(scope="session")
def recordings_of() -> Callable[..., RecordingSet]:
    """The function `make_recordings`."""
    return make_recordings


@pytest.fixture(scope="session")
def windows_of() -> Callable[..., WindowProbabilities]:
    """The function `make_windows`."""
    return make_windows


@pytest.fixture(scope="session")
def forty() -> RecordingSet:
    """Forty patients, a quarter of them normal; every fourth of the others has AS."""
    return make_recordings({f"p{i:02d}": {"N": int(i % 4 == 0), "AS": int(i % 4 == 1)} for i in range(40)})
