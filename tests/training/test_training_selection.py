"""Choosing layer and C on validation patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.data.split import Split
from heartprobe.training.selection import select
from separable_sounds import make_config, make_patients, make_recordings, make_split, make_table

LABELS = ["N", "AS"]
CONFIG = make_config(training__c_grid=[0.3, 0.01])


@pytest.fixture(scope="module")
def recordings() -> RecordingSet:
    return make_recordings(make_patients(32))


def test_the_layer_that_tells_the_labels_is_chosen(recordings: RecordingSet) -> None:
    """Layer 1 of three carries them; every pair of layer and C is a candidate, scored on all development patients."""
    table = make_table(recordings, LABELS, layers=(0.0, 3.0, 0.1))
    selection = select(table, recordings, make_split(list(recordings.patients)), CONFIG, [0, 1, 2])
    assert selection.chosen.layer == 1
    assert selection.criterion == "auroc"
    assert [(c.layer, c.strength) for c in selection.candidates] == [
        *((0, 0.01), (0, 0.3)),
        *((1, 0.01), (1, 0.3)),
        *((2, 0.01), (2, 0.3)),
    ]
    best = max(c.score.auroc or 0 for c in selection.candidates)
    assert selection.chosen.score.auroc == best


def test_of_equal_aurocs_the_lowest_loss_and_then_the_earlier_layer_is_taken(recordings: RecordingSet) -> None:
    """Both layers are the same and tell everything; with the larger C the probabilities say so, too."""
    table = make_table(recordings, LABELS, layers=(50.0, 50.0))
    for features in table._features:
        features.layers[1] = features.layers[0]
    selection = select(table, recordings, make_split(list(recordings.patients)), CONFIG, [0, 1])
    assert {c.score.auroc for c in selection.candidates} == {1.0}
    assert (selection.chosen.strength, selection.chosen.layer) == (0.3, 0)
    assert selection.chosen.score.loss == min(c.score.loss for c in selection.candidates)


def test_of_equal_candidates_the_smaller_c_is_taken(recordings: RecordingSet) -> None:
    """Features that never change leave the intercept, whatever C is."""
    table = make_table(recordings, LABELS, layers=(0.0,))
    for features in table._features:
        features.layers[:] = 1.0
    selection = select(table, recordings, make_split(list(recordings.patients)), CONFIG, [0])
    assert selection.chosen.strength == 0.01


def test_test_patients_have_no_say(recordings: RecordingSet) -> None:
    """Neither their features nor their labels."""
    split = make_split(list(recordings.patients))
    table = make_table(recordings, LABELS)
    flipped = {p: Patient(p, {"N": 1, "AS": 1}) if p in split.test else v for p, v in recordings.patients.items()}
    others = replace(recordings, patients=flipped)
    spoilt = make_table(others, LABELS, seed=0)
    for features, recording in zip(spoilt._features, recordings.recordings, strict=True):
        if recording.patient_id in split.test:
            features.layers[:] = 1e6
    assert select(spoilt, others, split, CONFIG, [0, 1]) == select(table, recordings, split, CONFIG, [0, 1])


def test_the_number_of_threads_changes_nothing(recordings: RecordingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    table, split = make_table(recordings, LABELS, width=40), make_split(list(recordings.patients))
    results = []
    for n_threads in (1, 4):
        monkeypatch.setattr("heartprobe.training.selection.usable_cores", lambda n=n_threads: n)
        results.append(select(table, recordings, split, CONFIG, [0, 1]))
    assert results[0] == results[1]


def test_a_label_that_one_fold_cannot_learn_is_judged_on_the_others(recordings: RecordingSet) -> None:
    """Its only two positive patients validate together in one fold; the fits of that fold lack them."""
    patients = dict(recordings.patients)
    for patient, known in recordings.patients.items():
        patients[patient] = replace(known, labels={"N": known.labels["N"], "AS": int(patient in ("P000", "P003"))})
    few = replace(recordings, patients=patients)
    split = make_split(list(patients))
    assert {"P000", "P003"} <= set(split.validation_folds[0])
    selection = select(make_table(few, LABELS), few, split, CONFIG, [0, 1])
    assert selection.criterion == "auroc"
    # AS has no positive patient among those who could be predicted, so that N alone is counted.
    n_alone = select(make_table(few, LABELS), few, split, make_config(training__multi_label=False), [1])
    assert max(c.score.auroc or 0 for c in selection.candidates) == pytest.approx(
        max(c.score.auroc or 0 for c in n_alone.candidates), abs=0.1
    )


def test_without_any_auroc_the_loss_decides(recordings: RecordingSet) -> None:
    """All validation patients are normal."""
    config = make_config(training__multi_label=False)
    normal = [p for p, patient in recordings.patients.items() if patient.labels["N"]]
    others = [p for p in recordings.patients if p not in normal[:3]]
    split = Split(0, 0, tuple(others), (tuple(normal[:3]),), ())
    selection = select(make_table(recordings, LABELS), recordings, split, config, [0, 1])
    assert selection.criterion == "log-loss"
    assert selection.chosen.score.loss == min(c.score.loss for c in selection.candidates)
    assert selection.chosen.score.auroc is None


def test_demographics_are_encoded_within_each_fold(recordings: RecordingSet) -> None:
    """They join the features: where only they tell the label, it is found."""
    patients = {
        p: replace(known, demographics=replace(known.demographics, age=60.0 if known.labels["N"] else 20.0))
        for p, known in recordings.patients.items()
    }
    told = replace(recordings, patients=patients)
    table, split = make_table(told, LABELS, layers=(0.0,)), make_split(list(patients))
    by_age = make_config(training__multi_label=False, dataset__demographics=["age"])
    assert select(table, told, split, by_age, [0]).chosen.score.auroc == 1.0
    without = make_config(training__multi_label=False)
    assert (select(table, told, split, without, [0]).chosen.score.auroc or 0) < 0.9


def test_a_fold_whose_recordings_all_failed_is_left_out(recordings: RecordingSet) -> None:
    split = make_split(list(recordings.patients))
    lost = set(split.validation_folds[1])
    kept = replace(recordings, recordings=tuple(r for r in recordings.recordings if r.patient_id not in lost))
    selection = select(make_table(kept, LABELS), kept, split, CONFIG, [0, 1])
    assert selection.chosen.layer == 1
    assert np.isfinite(selection.chosen.score.loss)
