"""Made-up patients with demographics, and predictions about them, for the tests of the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from heartprobe.data.recordings import Demographics, Patient, Position, Recording, RecordingSet
from heartprobe.evaluation.metrics.measure import measure

LYING = Position("sup", "Mit")
SITTING = Position("sit", "Mit")


def make_people(
    labels: Mapping[str, Sequence[int | None]],
    *,
    age: Sequence[float | None] | None = None,
    sex: Sequence[str | None] | None = None,
    smoker: Sequence[bool | None] | None = None,
    lives: Sequence[str | None] | None = None,
    site: Sequence[str] | None = None,
    positions: Sequence[Position | None] = (None,),
) -> RecordingSet:
    """Return patients `p000`, `p001`, ... with one recording at each of these positions."""
    n = len(next(iter(labels.values())))
    nobody = [None] * n
    patients = {}
    for i in range(n):
        known = Demographics((age or nobody)[i], (sex or nobody)[i], (smoker or nobody)[i], (lives or nobody)[i])
        of_patient = {label: values[i] for label, values in labels.items()}
        patients[f"p{i:03d}"] = Patient(f"p{i:03d}", of_patient, known, site=(site or nobody)[i])
    recordings = tuple(
        Recording(f"{p}_{k}", p, Path("none.wav"), position) for p in patients for k, position in enumerate(positions)
    )
    return RecordingSet("made-up", recordings, patients)


def make_answers(
    recordings: RecordingSet, probabilities: Mapping[str, Sequence[float]], *, repeat: int = 0
) -> pd.DataFrame:
    """Return the rows of all patients, decided at one half; every recording says what its patient's row says."""
    tables = []
    for label, values in probabilities.items():
        by_patient = dict(zip(recordings.patient_ids, values, strict=True))
        patients = [(p, "", "patient") for p in recordings.patient_ids]
        units = patients + [(r.patient_id, r.recording_id, "recording") for r in recordings.recordings]
        tables.append(
            pd.DataFrame(
                {
                    "repeat": repeat,
                    "fold": 0,
                    "level": [level for _, _, level in units],
                    "patient_id": [patient for patient, _, _ in units],
                    "recording_id": [recording for _, recording, _ in units],
                    "label": label,
                    "truth": recordings.targets([p for p, _, _ in units], [label])[:, 0].astype(float),
                    "probability": [by_patient[p] for p, _, _ in units],
                    "decision": [int(by_patient[p] >= 0.5) for p, _, _ in units],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def make_brief_report(
    predictions: pd.DataFrame, demographics_only: pd.DataFrame | None, *, protocol: str = "cv"
) -> dict:
    """Return what an audit looks at of a report."""
    alone = (
        {"reason": "nothing was trained here"} if demographics_only is None else {"levels": _levels(demographics_only)}
    )
    return {
        "task": {"labels": list(predictions["label"].unique()), "protocol": protocol, "demographics": []},
        "levels": _levels(predictions),
        "demographics_only": alone,
    }


def _levels(predictions: pd.DataFrame) -> dict:
    return measure(predictions, seed=0, draws=200)


def noisy(truth: Sequence[int], ease: float, seed: int) -> list[float]:
    """Return probabilities that tell the truth more or less, from a seed."""
    rng = np.random.default_rng(seed)
    logits = ease * (np.asarray(truth) - 0.5) + rng.standard_normal(len(truth))
    return (1 / (1 + np.exp(-logits))).tolist()
