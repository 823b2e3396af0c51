"""Patients and predictions that the tests of the evaluation share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heartprobe.data.recordings import Patient, Recording, RecordingSet
from heartprobe.labels import LABELS


def make_recordings(labels_of: Mapping[str, Mapping[str, int | None]], n_recordings: int = 1) -> RecordingSet:
    """Return patients with these labels and so many recordings each; no file is ever read."""
    recordings = tuple(
        Recording(f"{patient}_{i}", patient, Path(f"{patient}_{i}.wav"))
        for patient in labels_of
        for i in range(n_recordings)
    )
    return RecordingSet("made-up", recordings, {p: Patient(p, labels) for p, labels in labels_of.items()})


def make_predictions(
    truth: np.ndarray, probability: np.ndarray, labels: tuple[str, ...], *, repeat: int = 0, level: str = "patient"
) -> pd.DataFrame:
    """Return the rows of patients `p0`, `p1`, ... from arrays of shape (patients, labels).

    At recording level every row of the arrays is the only recording of its patient.
    """
    n, k = truth.shape
    patients = np.repeat([f"p{i:03d}" for i in range(n)], k).astype(object)
    return pd.DataFrame(
        {
            "repeat": repeat,
            "fold": 0,
            "level": level,
            "patient_id": patients,
            "recording_id": "" if level == "patient" else patients,
            "label": np.tile(np.array(labels, dtype=object), n),
            "truth": truth.astype(float).ravel(),
            "probability": probability.astype(float).ravel(),
            "decision": (probability.ravel() >= 0.5).astype(int),
        }
    )


@pytest.fixture(scope="session")
def recordings_with() -> Callable[..., RecordingSet]:
    """The function `make_recordings`."""
    return make_recordings


@pytest.fixture(scope="session")
def predictions_with() -> Callable[..., pd.DataFrame]:
    """The function `make_predictions`."""
    return make_predictions


# Made-up combinations of (N, AS, AR, MR, MS), as many and as unequally frequent as those of BMD-HS.
COMBINATIONS = {
    (1, 0, 0, 0, 0): 21,
    (0, 1, 0, 0, 0): 16,
    (0, 0, 0, 0, 1): 11,
    (0, 0, 1, 1, 0): 11,
    (0, 0, 0, 1, 0): 10,
    (0, 1, 1, 0, 0): 8,
    (0, 0, 1, 1, 1): 7,
    (0, 1, 1, 1, 1): 5,
    (0, 0, 1, 0, 1): 5,
    (0, 1, 0, 0, 1): 4,
    (0, 0, 0, 1, 1): 3,
    (0, 1, 0, 1, 0): 2,
    (0, 1, 1, 0, 1): 2,
    (0, 1, 1, 1, 0): 2,
    (0, 1, 0, 1, 1): 1,
}


@pytest.fixture(scope="session")
def like_bmd_hs() -> RecordingSet:
    """108 patients with 15 label combinations, the rarest with one patient, 8 recordings each."""
    combinations = [c for c, n in COMBINATIONS.items() for _ in range(n)]
    return make_recordings(
        {f"patient_{i:03d}": dict(zip(LABELS, c, strict=True)) for i, c in enumerate(combinations)}, n_recordings=8
    )
