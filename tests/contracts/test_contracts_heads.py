"""What every head keeps, whatever it is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from heartprobe.config.schema import ModelsConfig
from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.features.table import FeatureTable
from heartprobe.models import load_head
from heartprobe.models.load import REBUILD
from heartprobe.progress import SilentProgress
from heartprobe.training.fitted_probe import Probe
from heartprobe.training.probe import HEADS, fit_probe
from separable_sounds import make_config, make_patients, make_recordings, make_split, make_table

LABELS = ("N", "AS", "AR")
RECORDINGS = make_recordings(make_patients(32, LABELS))
SPLIT = make_split(list(RECORDINGS.patients))
TABLE = make_table(RECORDINGS, LABELS, layers=(3.0,))

EVERY_HEAD = pytest.mark.parametrize("head", REBUILD)
EVERY_TASK = pytest.mark.parametrize("multi_label", [True, False], ids=["multi-label", "binary"])


def fit(
    head: str,
    *,
    multi_label: bool = True,
    table: FeatureTable = TABLE,
    recordings: RecordingSet = RECORDINGS,
    labels: tuple[str, ...] = LABELS,
) -> Probe:
    config = make_config(
        models__head=head,
        training__multi_label=multi_label,
        training__epochs=12,
        dataset__disease_classes=list(labels),
    )
    return fit_probe({1.0: table}, recordings, SPLIT, config, progress=SilentProgress())


def test_no_head_is_missing() -> None:
    """Each that can be configured can be fitted and loaded, and passes the tests below."""
    assert set(get_args(ModelsConfig.model_fields["head"].annotation)) == set(HEADS) == {*REBUILD, "select"}


@EVERY_HEAD
@EVERY_TASK
def test_saved_and_loaded_it_gives_the_same_probabilities_to_the_last_bit(
    head: str, tmp_path: Path, rng: np.random.Generator, *, multi_label: bool
) -> None:
    """Through JSON and safetensors, as a bundle stores it."""
    fitted = fit(head, multi_label=multi_label).classifier.head
    save_file(fitted.tensors(), tmp_path / "head.safetensors")
    settings = json.loads(json.dumps(fitted.settings()))
    loaded = load_head(settings, load_file(tmp_path / "head.safetensors"))
    features = rng.normal(scale=5, size=(100, TABLE.width)).astype(np.float32)
    assert (loaded.probabilities(features) == fitted.probabilities(features)).all()
    assert (loaded.kind, loaded.labels) == (head, LABELS if multi_label else ("N",))


@EVERY_HEAD
@EVERY_TASK
def test_probabilities_lie_between_zero_and_one(head: str, rng: np.random.Generator, *, multi_label: bool) -> None:
    """For features far from anything seen, too."""
    fitted = fit(head, multi_label=multi_label).classifier.head
    probabilities = fitted.probabilities((rng.normal(size=(50, TABLE.width)) * 1e6).astype(np.float32))
    assert probabilities.dtype == np.float64
    assert probabilities.shape == (50, len(fitted.labels))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@EVERY_HEAD
@EVERY_TASK
def test_a_probability_is_that_of_the_value_one(head: str, *, multi_label: bool) -> None:
    """For N that is a normal heart: the normal have the higher probabilities, in training and outside."""
    probe = fit(head, multi_label=multi_label)
    probabilities = probe.classifier.predict(TABLE, RECORDINGS.patients)
    truth = RECORDINGS.targets(TABLE.patient_ids, probe.classifier.head.labels)
    for i in range(len(probe.classifier.head.labels)):
        assert probabilities[truth[:, i] == 1, i].mean() > 0.7
        assert probabilities[truth[:, i] == 0, i].mean() < 0.3


@EVERY_HEAD
def test_labels_come_in_the_order_that_was_asked_for(head: str) -> None:
    """Not sorted: in another order, each column is about its own label still."""
    probe = fit(head, labels=("AR", "N", "AS"))
    assert probe.classifier.head.labels == ("AR", "N", "AS")
    probabilities = probe.classifier.predict(TABLE, RECORDINGS.patients)
    truth = RECORDINGS.targets(TABLE.patient_ids, ("AR", "N", "AS"))
    agreement = [[np.corrcoef(probabilities[:, i], truth[:, j])[0, 1] for j in range(3)] for i in range(3)]
    assert np.argmax(agreement, axis=1).tolist() == [0, 1, 2]


@EVERY_HEAD
def test_patients_of_unknown_label_are_not_learned_from(head: str) -> None:
    """Whatever their features hold: garbage, infinity, nothing."""
    unknown = {
        p: Patient(p, dict.fromkeys(LABELS)) if p in ("P001", "P004", "P009") else patient
        for p, patient in RECORDINGS.patients.items()
    }
    recordings = replace(RECORDINGS, patients=unknown)
    garbage = make_table(RECORDINGS, LABELS, layers=(3.0,))
    for value, (features, recording) in enumerate(zip(garbage._features, RECORDINGS.recordings, strict=True)):
        if recording.patient_id in ("P001", "P004", "P009"):
            features.layers[:] = [1e9, np.inf, np.nan][value % 3]
    clean = make_table(RECORDINGS, LABELS, layers=(3.0,))
    first, second = (
        fit(head, table=table, recordings=recordings).classifier.head.tensors() for table in (clean, garbage)
    )
    assert all((first[name] == second[name]).all() for name in first)


@EVERY_HEAD
def test_an_unknown_label_counts_neither_as_present_nor_as_absent(head: str) -> None:
    """Where AS is unknown for half of the patients, it is learned from the other half."""
    half = {
        p: Patient(p, {**patient.labels, "AS": None}) if i % 8 < 4 else patient
        for i, (p, patient) in enumerate(RECORDINGS.patients.items())
    }
    probe = fit(head, recordings=replace(RECORDINGS, patients=half))
    probabilities = probe.classifier.predict(TABLE, RECORDINGS.patients)[:, 1]
    truth = RECORDINGS.targets(TABLE.patient_ids, ["AS"])[:, 0]
    assert probabilities[truth == 1].mean() > 0.65
    assert probabilities[truth == 0].mean() < 0.35


@EVERY_HEAD
@EVERY_TASK
def test_the_same_seed_gives_the_same_head(head: str, *, multi_label: bool) -> None:
    first, second = (fit(head, multi_label=multi_label).classifier.head.tensors() for _ in range(2))
    assert all((first[name] == second[name]).all() for name in first)
