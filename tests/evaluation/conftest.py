"""Patients and predictions that the tests of the evaluation share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heartprobe.data.recordings import Demographics, Patient, Position, Recording, RecordingSet
from heartprobe.evaluation.audit import confounder_audit
from heartprobe.evaluation.metrics.measure import measure
from heartprobe.evaluation.quality.calibration_quality import calibration_section
from heartprobe.evaluation.quality.curves import curves_section
from heartprobe.evaluation.quality.decision_quality import decisions_section
from heartprobe.evaluation.quality.fusion_comparison import fusion_section
from heartprobe.evaluation.quality.positions import positions_section
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
            "uncalibrated": probability.astype(float).ravel(),
            "threshold": 0.5,
            "uncertain": 0,
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


def make_report(
    predictions: pd.DataFrame,
    demographics_only: pd.DataFrame | None,
    *,
    protocol: str = "cv",
    is_synthetic: bool = False,
) -> dict:
    """Return a report as `report.json` holds it, of these predictions."""
    labels = list(predictions["label"].unique())
    of_patients = predictions.query("level == 'patient' and repeat == 0")
    known = of_patients.groupby("label")["truth"].sum()
    return {
        "schema": 1,
        "created_by": {"heartprobe": "0.1.0"},
        "task": {
            "labels": labels,
            "multi_label": len(labels) > 1,
            "protocol": protocol,
            "encoder": {"name": "logmel", "revision": None, "fingerprint": "5f0c"},
            "is_fine_tuned": False,
            "head": "linear",
            "demographics": [],
        },
        "data": {
            "name": "made-up patients",
            "is_synthetic": is_synthetic,
            "licence": "none needed",
            "patients": int(of_patients["patient_id"].nunique()),
            "recordings": int((predictions.query("repeat == 0")["level"] == "recording").sum()) // len(labels),
            "patients_with_label": {label: int(known[label]) for label in labels},
            "fingerprint": "0123456789abcdef" * 4,
        },
        "levels": measure(predictions, seed=0, draws=200),
        "demographics_only": {"reason": "the data set has none"}
        if demographics_only is None
        else {"levels": measure(demographics_only, seed=0, draws=200)},
        "selection": [
            {
                "repeat": 0,
                "fold": f,
                "head": "linear",
                "layer": 1 + f % 2,
                "C": 0.03,
                "validation_auroc": 0.9,
                "candidates": [],
            }
            for f in range(5)
        ],
        "findings": [
            {
                "kind": "truncated",
                "subject": "r7",
                "detail": "r7.wav ends too early; it is left out.",
                "is_problem": True,
            },
            {"kind": "short", "subject": "r8", "detail": "r8.wav is repeated to fill a window.", "is_problem": False},
        ],
        "notes": ["audio.time_scale does not apply to logmel."],
        "settings": {"audio": {"duration": 5.0, "windows": "all"}, "evaluation": {"protocol": protocol}},
    }


@pytest.fixture(scope="session")
def report_of() -> Callable[..., dict]:
    """The function `make_report`."""
    return make_report


@pytest.fixture(scope="session")
def five_label_predictions() -> pd.DataFrame:
    """108 patients, 5 labels, 2 recordings each; N is easy, MS is left to chance."""
    rng = np.random.default_rng(11)
    truth = rng.random((108, 5)) < 0.38
    truth[:21] = False
    truth[:, 0] = ~truth[:, 1:].any(axis=1)
    ease = np.array([3.2, 2.2, 1.3, 1.1, 0.0])
    of_recordings = [1 / (1 + np.exp(-ease * (truth - 0.5) - rng.normal(0, 0.8, truth.shape))) for _ in range(2)]
    tables = [make_predictions(truth, np.mean(of_recordings, axis=0), LABELS)]
    for i, probability in enumerate(of_recordings):
        rows = make_predictions(truth, probability, LABELS, level="recording")
        tables.append(rows.assign(recording_id=rows["recording_id"] + f"_{i}"))
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="session")
def five_label_demographics(five_label_predictions) -> pd.DataFrame:
    """What age alone might say about the same patients: much about N, little about the lesions."""
    rows = five_label_predictions.query("level == 'patient'").reset_index(drop=True)
    rng = np.random.default_rng(12)
    ease = np.where(rows["label"] == "N", 2.5, 0.5)
    probability = 1 / (1 + np.exp(-ease * (rows["truth"] - 0.5) - rng.normal(0, 1, len(rows))))
    return rows.assign(probability=probability, decision=(probability >= 0.5).astype(int))


@pytest.fixture(scope="session")
def sample_report(five_label_predictions, five_label_demographics) -> dict:
    """A whole report of five labels."""
    return make_report(five_label_predictions, five_label_demographics)


POSITIONS = (Position("sup", "Aor"), Position("sit", "Mit"))


@pytest.fixture(scope="session")
def five_label_recordings(five_label_predictions) -> RecordingSet:
    """Who the patients of `five_label_predictions` are: two recordings each, every other one of a woman."""
    rows = five_label_predictions.query("level == 'patient'")
    labels = {
        p: dict(zip(part["label"], part["truth"].astype(int), strict=True)) for p, part in rows.groupby("patient_id")
    }
    recordings = tuple(
        Recording(f"{patient}_{i}", patient, Path(f"{patient}_{i}.wav"), position)
        for patient in labels
        for i, position in enumerate(POSITIONS)
    )
    people = {
        p: Patient(p, known, Demographics(age=20.0 + i % 50, sex="FM"[i % 2]))
        for i, (p, known) in enumerate(labels.items())
    }
    return RecordingSet("made-up", recordings, people)


@pytest.fixture(scope="session")
def full_report(sample_report, five_label_predictions, five_label_recordings) -> dict:
    """A report with every section that a run has, of few bootstrap draws."""
    statistics = {"seed": 0, "draws": 100}
    predictions = five_label_predictions.assign(probability=0.05 + 0.9 * five_label_predictions["probability"])
    patients = predictions.query("level == 'patient'")
    other = patients.assign(probability=patients["probability"] ** 2 * 0.9 + 0.05 * (patients["patient_id"] < "p050"))
    fusion = pd.concat([patients.assign(rule="mean"), other.assign(rule="max")], ignore_index=True)
    shares = {label: {"sup_Aor": 0.75, "sit_Mit": 0.25} for label in LABELS}
    report = {
        **sample_report,
        "calibration": calibration_section(predictions, method="platt", **statistics),
        "decisions": decisions_section(
            predictions,
            rule={"threshold_rule": "youden", "largest_error": 0.1},
            specificity=0.9,
            prevalences=(0.05, 0.25),
            **statistics,
        ),
        "curves": curves_section(predictions, **statistics),
        "fusion": fusion_section(fusion, used="mean", shares=[shares], **statistics),
        "positions": positions_section(predictions, five_label_recordings, **statistics),
    }
    sounds = {r.recording_id: r.recording_id for r in five_label_recordings.recordings} | {"p003_0": "p007_1"}
    report["audit"] = confounder_audit(
        report,
        predictions,
        five_label_recordings,
        sounds,
        companion="no second model was trained",
        site_probe={"reason": "all recordings are of one site"},
        **statistics,
    )
    return report
