"""Choosing layer and C on validation patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heartprobe.data.recordings import Patient, RecordingSet
from heartprobe.data.split import Split
from heartprobe.training.patient_score import score_within_sites
from heartprobe.training.selection import select
from heartprobe.training.validation_folds import ValidationFolds
from separable_sounds import make_config, make_patients, make_recordings, make_split, make_table

LABELS = ["N", "AS"]
CONFIG = make_config(training__c_grid=[0.3, 0.01])


@pytest.fixture(scope="module")
def recordings() -> RecordingSet:
    return make_recordings(make_patients(32))


def test_the_layer_that_tells_the_labels_is_chosen(recordings: RecordingSet) -> None:
    """Layer 1 of three carries them; every pair of layer and C is a candidate, scored on all development patients."""
    table = make_table(recordings, LABELS, layers=(0.0, 3.0, 0.1))
    selection = select({1.0: table}, recordings, make_split(list(recordings.patients)), CONFIG, [0, 1, 2])
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
    selection = select({1.0: table}, recordings, make_split(list(recordings.patients)), CONFIG, [0, 1])
    assert {c.score.auroc for c in selection.candidates} == {1.0}
    assert (selection.chosen.strength, selection.chosen.layer) == (0.3, 0)
    assert selection.chosen.score.loss == min(c.score.loss for c in selection.candidates)


def test_of_equal_candidates_the_smaller_c_is_taken(recordings: RecordingSet) -> None:
    """Features that never change leave the intercept, whatever C is."""
    table = make_table(recordings, LABELS, layers=(0.0,))
    for features in table._features:
        features.layers[:] = 1.0
    selection = select({1.0: table}, recordings, make_split(list(recordings.patients)), CONFIG, [0])
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
    assert select({1.0: spoilt}, others, split, CONFIG, [0, 1]) == select(
        {1.0: table}, recordings, split, CONFIG, [0, 1]
    )


def test_the_number_of_threads_changes_nothing(recordings: RecordingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    table, split = make_table(recordings, LABELS, width=40), make_split(list(recordings.patients))
    results = []
    for n_threads in (1, 4):
        monkeypatch.setattr("heartprobe.training.validation_folds.usable_cores", lambda n=n_threads: n)
        results.append(select({1.0: table}, recordings, split, CONFIG, [0, 1]))
    assert results[0] == results[1]


def test_a_label_that_one_fold_cannot_learn_is_judged_on_the_others(recordings: RecordingSet) -> None:
    """Its only two positive patients validate together in one fold; the fits of that fold lack them."""
    patients = dict(recordings.patients)
    for patient, known in recordings.patients.items():
        patients[patient] = replace(known, labels={"N": known.labels["N"], "AS": int(patient in ("P000", "P003"))})
    few = replace(recordings, patients=patients)
    split = make_split(list(patients))
    assert {"P000", "P003"} <= set(split.validation_folds[0])
    selection = select({1.0: make_table(few, LABELS)}, few, split, CONFIG, [0, 1])
    assert selection.criterion == "auroc"
    # AS has no positive patient among those who could be predicted, so that N alone is counted.
    n_alone = select({1.0: make_table(few, LABELS)}, few, split, make_config(training__multi_label=False), [1])
    assert max(c.score.auroc or 0 for c in selection.candidates) == pytest.approx(
        max(c.score.auroc or 0 for c in n_alone.candidates), abs=0.1
    )


def test_without_any_auroc_the_loss_decides(recordings: RecordingSet) -> None:
    """All validation patients are normal."""
    config = make_config(training__multi_label=False)
    normal = [p for p, patient in recordings.patients.items() if patient.labels["N"]]
    others = [p for p in recordings.patients if p not in normal[:3]]
    split = Split(0, 0, tuple(others), (tuple(normal[:3]),), ())
    selection = select({1.0: make_table(recordings, LABELS)}, recordings, split, config, [0, 1])
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
    assert select({1.0: table}, told, split, by_age, [0]).chosen.score.auroc == 1.0
    without = make_config(training__multi_label=False)
    assert (select({1.0: table}, told, split, without, [0]).chosen.score.auroc or 0) < 0.9


def test_a_fold_whose_recordings_all_failed_is_left_out(recordings: RecordingSet) -> None:
    split = make_split(list(recordings.patients))
    lost = set(split.validation_folds[1])
    kept = replace(recordings, recordings=tuple(r for r in recordings.recordings if r.patient_id not in lost))
    selection = select({1.0: make_table(kept, LABELS)}, kept, split, CONFIG, [0, 1])
    assert selection.chosen.layer == 1
    assert np.isfinite(selection.chosen.score.loss)


def test_the_time_scale_is_chosen_with_the_layer(recordings: RecordingSet) -> None:
    """The table at twice the speed tells most; its windows need not be those of the other."""
    tables = {
        1.0: make_table(recordings, LABELS, layers=(0.0, 0.5)),
        2.0: make_table(recordings, LABELS, layers=(0.0, 3.0), windows=3),
    }
    selection = select(tables, recordings, make_split(list(recordings.patients)), CONFIG, [0, 1])
    assert (selection.chosen.time_scale, selection.chosen.layer) == (2.0, 1)
    assert [c.time_scale for c in selection.candidates] == [1.0] * 4 + [2.0] * 4
    assert len(selection.validation.recording_ids) == 3 * 2 * 24


def test_of_equal_time_scales_the_first_named_is_taken(recordings: RecordingSet) -> None:
    table, split = make_table(recordings, LABELS), make_split(list(recordings.patients))
    for order in ((1.0, 4.0), (4.0, 1.0)):
        selection = select(dict.fromkeys(order, table), recordings, split, CONFIG, [0, 1])
        assert selection.chosen.time_scale == order[0]


def test_what_was_scored_is_kept_of_what_was_chosen(recordings: RecordingSet) -> None:
    """The probabilities of the validation patients give the score by which they were chosen."""
    table, split = make_table(recordings, LABELS), make_split(list(recordings.patients))
    selection = select({1.0: table}, recordings, split, CONFIG, [0, 1, "all"])
    windows = ValidationFolds.of(table, recordings, split, CONFIG).windows
    assert selection.validation.recording_ids == tuple(windows.recording_ids)
    assert score_within_sites(windows, selection.validation.probabilities) == selection.chosen.score


def test_all_layers_are_judged_by_the_mean_of_their_log_odds(recordings: RecordingSet) -> None:
    table, split = make_table(recordings, LABELS), make_split(list(recordings.patients))
    folds = ValidationFolds.of(table, recordings, split, CONFIG)
    by_layer = dict(folds.log_odds([0, 1, "all"], [0.1, 0.3]))
    assert list(by_layer) == [0, 1, "all"]
    assert np.allclose(by_layer["all"], (by_layer[0] + by_layer[1]) / 2, atol=1e-12)
    (alone,) = folds.log_odds(["all"], [0.1, 0.3])
    assert (alone[1] == by_layer["all"]).all()
