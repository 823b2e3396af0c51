"""A probe: chosen, fitted and asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import TrainingError
from heartprobe.progress import SilentProgress
from heartprobe.training.fitted_probe import Probe
from heartprobe.training.probe import HEADS, fit_probe, fit_start
from heartprobe.training.selection import select
from listener import Listener
from separable_sounds import make_config, make_patients, make_recordings, make_split, make_table

LABELS = ["N", "AS"]
RECORDINGS = make_recordings(make_patients(40))
SPLIT = make_split(list(RECORDINGS.patients), n_test=12)
TABLE = make_table(RECORDINGS, LABELS, layers=(0.0, 2.0, 0.5))


def fit(config: Config, recordings: RecordingSet = RECORDINGS) -> Probe:
    return fit_probe({1.0: TABLE}, recordings, SPLIT, config, progress=SilentProgress())


def predict(probe: Probe, recordings: RecordingSet = RECORDINGS) -> NDArray[np.float64]:
    return probe.classifier.predict(TABLE, recordings.patients)


@pytest.mark.parametrize("head", HEADS)
def test_it_predicts_patients_it_has_not_seen(head: str) -> None:
    probabilities = predict(fit(make_config(models__head=head, training__epochs=15)))
    assert probabilities.shape == (160, 2)
    unseen = np.isin(TABLE.patient_ids, SPLIT.test)
    truth = RECORDINGS.targets(TABLE.patient_ids, LABELS)
    assert all(roc_auc_score(truth[unseen, i], probabilities[unseen, i]) > 0.85 for i in range(2))


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_the_layer_is_chosen_by_the_linear_criterion(head: str) -> None:
    """Layer 1 tells most; what was chosen, and from what, is told for the report."""
    probe = fit(make_config(models__head=head, training__epochs=2))
    assert probe.classifier.layer == 1
    assert probe.chosen["head"] == head
    assert probe.chosen["layer"] == 1
    how = probe.chosen if head == "linear" else probe.chosen["chosen_with"]
    assert how["criterion"] == "auroc"
    assert len(how["candidates"]) == (20 if head == "linear" else 15)
    assert set(how["candidates"][0]) == {"time_scale", "layer", "C", "validation_auroc"}


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_the_time_scale_is_chosen_with_the_layer(head: str) -> None:
    """At twice the speed layer 0 tells most of all; both heads then read that table."""
    tables = {1.0: TABLE, 2.0: make_table(RECORDINGS, LABELS, layers=(4.0, 0.0, 0.0), seed=1)}
    config = make_config(models__head=head, training__epochs=2)
    listener = Listener()
    probe = fit_probe(tables, RECORDINGS, SPLIT, config, progress=listener)
    assert (probe.time_scale, probe.classifier.layer) == (2.0, 0)
    assert (probe.chosen["time_scale"], probe.chosen["layer"]) == (2.0, 0)
    assert listener.notes[0].startswith("Repeat 0, fold 0: time scale 2, layer 0 and C = ")


@pytest.mark.parametrize("head", HEADS)
def test_test_patients_are_not_learned_from(head: str) -> None:
    """Their labels may be anything, for the model and for what its decisions are made on."""
    config = make_config(models__head=head, training__epochs=2)
    turned = {
        p: replace(known, labels={label: 1 - (value or 0) for label, value in known.labels.items()})
        if p in SPLIT.test
        else known
        for p, known in RECORDINGS.patients.items()
    }
    before, after = fit(config), fit(config, replace(RECORDINGS, patients=turned))
    assert (predict(after) == predict(before)).all()
    assert (after.validation.probabilities == before.validation.probabilities).all()


def test_the_linear_head_is_refitted_on_all_development_patients() -> None:
    """Not only on those outside the last fold: the fit equals one on development with the chosen C."""
    probe = fit(make_config(features__layer=1, training__c_grid=[0.1]))
    table = make_table(RECORDINGS, LABELS, layers=(2.0,))
    without = fit_start(table, RECORDINGS, SPLIT, make_config(), time_scale=1.0, progress=SilentProgress())
    assert (probe.chosen["C"], probe.strength) == (0.1, 0.1)
    assert not np.allclose(coefficients(probe), coefficients(without))


def coefficients(probe: Probe) -> NDArray[np.float64]:
    return probe.classifier.head.tensors()["coefficients"].numpy()


def test_a_linear_head_is_validated_on_the_patients_of_all_folds() -> None:
    """Each by a head that has not seen them, as they would be if their fold were tested."""
    config = make_config(features__layer=1, training__c_grid=[0.1])
    validation = fit(config).validation
    assert set(validation.recording_ids) == {
        r.recording_id for r in RECORDINGS.recordings if r.patient_id in SPLIT.development
    }
    training, unseen = next(SPLIT.selection_pairs())
    inner = Split(0, 0, (), (training[:5], training[5:]), unseen)
    alone = fit_probe({1.0: TABLE}, RECORDINGS, inner, config, progress=SilentProgress())
    rows = np.flatnonzero(np.isin(TABLE.patient_ids, unseen))
    expected = alone.classifier.predict(TABLE, RECORDINGS.patients, rows)
    # The first fold comes first, and its patients are in the order of the table.
    assert np.allclose(validation.probabilities[: len(rows)], expected, atol=1e-6)
    assert validation.recording_ids[: len(rows)] == tuple(TABLE.recording_ids[row] for row in rows)


def test_a_network_is_validated_on_the_patients_of_the_first_fold() -> None:
    """Those on which it was stopped, by the weights that are kept."""
    probe = fit(make_config(models__head="mlp", features__layer=1, training__epochs=3))
    rows = np.flatnonzero(np.isin(TABLE.patient_ids, SPLIT.validation))
    assert probe.validation.recording_ids == tuple(TABLE.recording_ids[row] for row in rows)
    assert (probe.validation.probabilities == predict(probe)[rows]).all()
    assert probe.strength is None


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_the_start_of_a_fine_tuning_has_not_seen_the_validation_patients(head: str) -> None:
    """Beyond choosing by them: garbage in their features does not change a linear fit with one C."""
    config = make_config(models__head=head, training__epochs=1, training__c_grid=[0.1])
    spoilt = make_table(RECORDINGS, LABELS, layers=(0.0, 2.0, 0.5))
    for features, recording in zip(spoilt._features, RECORDINGS.recordings, strict=True):
        if recording.patient_id in SPLIT.validation:
            features.layers[:] = -features.layers
    start, other = (
        fit_start(table, RECORDINGS, SPLIT, config, time_scale=1.0, progress=SilentProgress()).classifier
        for table in (TABLE, spoilt)
    )
    assert start.layer == 2
    assert all((value == other.head.tensors()[name]).all() for name, value in start.head.tensors().items())


@pytest.mark.parametrize("head", HEADS)
def test_demographics_stand_behind_the_features(head: str) -> None:
    """The probe keeps what encodes them, and asks for the patients when it predicts."""
    probe = fit(make_config(models__head=head, training__epochs=2, dataset__demographics=["age", "sex"]))
    assert probe.classifier.demographics is not None
    assert probe.classifier.head.tensors()["standardise.mean"].numel() == 8
    older = {
        p: replace(known, demographics=replace(known.demographics, age=90.0))
        for p, known in RECORDINGS.patients.items()
    }
    assert (predict(probe, replace(RECORDINGS, patients=older)) != predict(probe)).any()


def test_without_demographics_the_patients_are_not_asked_for() -> None:
    assert fit(make_config()).classifier.predict(TABLE, {}).shape == (160, 2)


@pytest.mark.parametrize("head", HEADS)
def test_a_label_with_one_class_in_training_is_named(head: str) -> None:
    patients = {p: replace(known, labels={"N": known.labels["N"], "AS": 0}) for p, known in RECORDINGS.patients.items()}
    with pytest.raises(TrainingError, match="Label AS cannot be learned: it is 1 for none of the"):
        fit(make_config(models__head=head), replace(RECORDINGS, patients=patients))


def test_progress_hears_what_was_chosen() -> None:
    listener = Listener()
    config = make_config(training__c_grid=[0.1])
    fit_probe({1.0: TABLE}, RECORDINGS, SPLIT, config, progress=listener)
    auroc = select({1.0: TABLE}, RECORDINGS, SPLIT, config, [0, 1, 2]).chosen.score.auroc
    assert listener.notes == [f"Repeat 0, fold 0: layer 1 and C = 0.1 chosen, validation AUROC {auroc:.3f}."]


def test_progress_hears_nothing_where_there_was_nothing_to_choose() -> None:
    listener = Listener()
    config = make_config(training__c_grid=[0.1], features__layer=1)
    fit_probe({1.0: TABLE}, RECORDINGS, SPLIT, config, progress=listener)
    assert listener.notes == []


def test_all_layers_are_the_mean_of_one_linear_head_on_each() -> None:
    """Of their log odds; demographics, which all of them read, included."""
    fixed = {"training__c_grid": [0.1], "dataset__demographics": ["age"]}
    together = fit(make_config(features__layer="all", **fixed))
    assert (together.classifier.layer, together.chosen["layer"]) == ("all", "all")
    alone = [fit(make_config(features__layer=layer, **fixed)) for layer in range(3)]
    expected = np.mean([logit(predict(probe)) for probe in alone], axis=0)
    assert np.allclose(logit(predict(together)), expected, atol=1e-9)
    validated = np.mean([logit(probe.validation.probabilities) for probe in alone], axis=0)
    assert np.allclose(logit(together.validation.probabilities), validated, atol=1e-9)


def test_of_all_layers_together_c_is_chosen_once() -> None:
    probe = fit(make_config(features__layer="all"))
    assert [candidate["layer"] for candidate in probe.chosen["candidates"]] == ["all"] * 5
    assert probe.strength in make_config().training.c_grid


def test_all_layers_together_are_chosen_where_they_tell_more_than_each() -> None:
    """Every layer tells the same, each with a noise of its own."""
    table = make_table(RECORDINGS, LABELS, layers=(0.6,) * 6)
    listener = Listener()
    probe = fit_probe({1.0: table}, RECORDINGS, SPLIT, make_config(), progress=listener)
    assert probe.classifier.layer == "all"
    assert listener.notes[0].startswith("Repeat 0, fold 0: all layers and C = ")
