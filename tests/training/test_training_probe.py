"""A probe: chosen, fitted and asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError, TrainingError
from heartprobe.progress import SilentProgress
from heartprobe.training.probe import HEADS, Probe, candidate_layers, fit_probe, fit_start
from heartprobe.training.selection import select
from listener import Listener
from separable_sounds import make_config, make_patients, make_recordings, make_split, make_table

LABELS = ["N", "AS"]
RECORDINGS = make_recordings(make_patients(40))
SPLIT = make_split(list(RECORDINGS.patients), n_test=12)
TABLE = make_table(RECORDINGS, LABELS, layers=(0.0, 2.0, 0.5))


def fit(config: Config, recordings: RecordingSet = RECORDINGS) -> Probe:
    return fit_probe(TABLE, recordings, SPLIT, config, progress=SilentProgress())


@pytest.mark.parametrize("head", HEADS)
def test_it_predicts_patients_it_has_not_seen(head: str) -> None:
    probe = fit(make_config(models__head=head, training__epochs=15))
    probabilities = probe.predict(TABLE, RECORDINGS.patients)
    assert probabilities.shape == (160, 2)
    unseen = np.isin(TABLE.patient_ids, SPLIT.test)
    truth = RECORDINGS.targets(TABLE.patient_ids, LABELS)
    assert all(roc_auc_score(truth[unseen, i], probabilities[unseen, i]) > 0.85 for i in range(2))


@pytest.mark.parametrize("head", HEADS)
def test_the_layer_is_chosen_by_the_linear_criterion(head: str) -> None:
    """Layer 1 tells most; what was chosen, and from what, is told for the report."""
    probe = fit(make_config(models__head=head, training__epochs=2))
    assert probe.layer == 1
    assert probe.chosen["head"] == head
    assert probe.chosen["layer"] == 1
    how = probe.chosen if head == "linear" else probe.chosen["layer_chosen_with"]
    assert how["criterion"] == "auroc"
    assert len(how["candidates"]) == 15
    assert set(how["candidates"][0]) == {"layer", "C", "validation_auroc"}


@pytest.mark.parametrize("head", HEADS)
def test_test_patients_are_not_learned_from(head: str) -> None:
    """Their labels may be anything."""
    config = make_config(models__head=head, training__epochs=2)
    turned = {
        p: replace(known, labels={label: 1 - (value or 0) for label, value in known.labels.items()})
        if p in SPLIT.test
        else known
        for p, known in RECORDINGS.patients.items()
    }
    before = fit(config).predict(TABLE, RECORDINGS.patients)
    assert (fit(config, replace(RECORDINGS, patients=turned)).predict(TABLE, turned) == before).all()


def test_the_linear_head_is_refitted_on_all_development_patients() -> None:
    """Not only on those outside the last fold: the fit equals one on development with the chosen C."""
    probe = fit(make_config(features__layer=1, training__c_grid=[0.1]))
    without = fit_start(
        make_table(RECORDINGS, LABELS, layers=(2.0,)), RECORDINGS, SPLIT, make_config(), progress=SilentProgress()
    )
    assert probe.chosen["C"] == 0.1
    assert not np.allclose(probe.head.tensors()["coefficients"], without.head.tensors()["coefficients"])


@pytest.mark.parametrize("head", HEADS)
def test_the_start_of_a_fine_tuning_has_not_seen_the_validation_patients(head: str) -> None:
    """Beyond choosing by them: garbage in their features does not change a linear fit with one C."""
    config = make_config(models__head=head, training__epochs=1, training__c_grid=[0.1])
    spoilt = make_table(RECORDINGS, LABELS, layers=(0.0, 2.0, 0.5))
    for features, recording in zip(spoilt._features, RECORDINGS.recordings, strict=True):
        if recording.patient_id in SPLIT.validation:
            features.layers[:] = -features.layers
    start = fit_start(TABLE, RECORDINGS, SPLIT, config, progress=SilentProgress())
    other = fit_start(spoilt, RECORDINGS, SPLIT, config, progress=SilentProgress())
    assert start.layer == 2
    assert all((value == other.head.tensors()[name]).all() for name, value in start.head.tensors().items())


@pytest.mark.parametrize("head", HEADS)
def test_demographics_stand_behind_the_features(head: str) -> None:
    """The probe keeps what encodes them, and asks for the patients when it predicts."""
    probe = fit(make_config(models__head=head, training__epochs=2, dataset__demographics=["age", "sex"]))
    assert probe.demographics is not None
    assert probe.head.tensors()["standardise.mean"].numel() == 8
    older = {
        p: replace(known, demographics=replace(known.demographics, age=90.0))
        for p, known in RECORDINGS.patients.items()
    }
    assert (probe.predict(TABLE, older) != probe.predict(TABLE, RECORDINGS.patients)).any()


def test_without_demographics_the_patients_are_not_asked_for() -> None:
    assert fit(make_config()).predict(TABLE, {}).shape == (160, 2)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("select", [0, 1, 2]), ("last", [2]), (0, [0]), (2, [2])],
    ids=["select", "last", "0", "2"],
)
def test_the_layer_setting_names_the_candidates(setting: str | int, expected: list[int]) -> None:
    assert candidate_layers(make_config(features__layer=setting), 3) == expected


def test_a_layer_that_the_encoder_has_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"features\.layer is 3, but this encoder has the hidden states 0 to 2"):
        fit(make_config(features__layer=3))


@pytest.mark.parametrize("head", HEADS)
def test_a_label_with_one_class_in_training_is_named(head: str) -> None:
    patients = {p: replace(known, labels={"N": known.labels["N"], "AS": 0}) for p, known in RECORDINGS.patients.items()}
    with pytest.raises(TrainingError, match="Label AS cannot be learned: it is 1 for none of the"):
        fit(make_config(models__head=head), replace(RECORDINGS, patients=patients))


def test_progress_hears_what_was_chosen() -> None:
    listener = Listener()
    fit_probe(TABLE, RECORDINGS, SPLIT, make_config(training__c_grid=[0.1]), progress=listener)
    auroc = select(TABLE, RECORDINGS, SPLIT, make_config(training__c_grid=[0.1]), [0, 1, 2]).chosen.score.auroc
    assert listener.notes == [f"Repeat 0, fold 0: layer 1 and C = 0.1 chosen, validation AUROC {auroc:.3f}."]
