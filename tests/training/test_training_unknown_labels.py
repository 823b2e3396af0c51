"""An unknown label counts as neither value, from the choice of the layer to the last weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.progress import SilentProgress
from heartprobe.training.fitted_probe import Probe
from heartprobe.training.linear import fit_linear_heads
from heartprobe.training.logistic import PrincipalAxes, fit_logistic
from heartprobe.training.loss import weighted_cross_entropy
from heartprobe.training.patient_score import PatientOutcomes
from heartprobe.training.probe import HEADS, fit_probe
from heartprobe.training.window_rows import WindowRows, target_weights
from separable_sounds import make_config, make_patients, make_recordings, make_split, make_table

LABELS = ["N", "AS"]
PATIENTS = make_patients(40)
IDS = list(PATIENTS)
SPLIT = make_split(IDS)
LAYERS = (0.3, 1.0)

#: Patients whose label is unknown: few enough that every fold keeps both classes.
SOME_PATIENTS = st.sets(st.sampled_from(IDS), min_size=1, max_size=5)


def fit(config: Config, recordings: RecordingSet, split: Split = SPLIT) -> Probe:
    table = make_table(recordings, LABELS, layers=LAYERS)
    # The noise of a recording must not depend on who else is there.
    everybody = make_table(make_recordings(PATIENTS), LABELS, layers=LAYERS)
    features = dict(
        zip((r.recording_id for r in make_recordings(PATIENTS).recordings), everybody._features, strict=True)
    )
    table._features[:] = [features[r.recording_id] for r in recordings.recordings]
    return fit_probe({1.0: table}, recordings, split, config, progress=SilentProgress())


def tensors(probe: Probe) -> dict[str, torch.Tensor]:
    return probe.classifier.head.tensors()


@pytest.mark.parametrize("head", HEADS)
@settings(max_examples=8, deadline=None)
@given(unknown=SOME_PATIENTS)
def test_patients_of_unknown_label_are_as_good_as_absent(head: str, unknown: set[str]) -> None:
    """The same choice, the same weights and the same validation patients, to the last bit."""
    config = make_config(models__head=head, training__multi_label=False, training__epochs=2)
    blanked = {p: replace(known, labels={"N": None}) if p in unknown else known for p, known in PATIENTS.items()}
    there = fit(config, make_recordings(blanked))
    rest = make_recordings({p: known for p, known in PATIENTS.items() if p not in unknown})
    folds = tuple(tuple(p for p in fold if p not in unknown) for fold in SPLIT.validation_folds)
    absent = fit(config, rest, Split(0, 0, (), folds, tuple(p for p in SPLIT.test if p not in unknown)))
    assert there.chosen == absent.chosen
    assert all(torch.equal(value, tensors(absent)[name]) for name, value in tensors(there).items())
    assert there.validation.recording_ids == absent.validation.recording_ids
    assert np.array_equal(there.validation.probabilities, absent.validation.probabilities)


@settings(max_examples=15, deadline=None)
@given(unknown=SOME_PATIENTS, value=st.sampled_from([0, 1]))
def test_what_is_unknown_of_one_label_is_nothing_to_another(unknown: set[str], value: int) -> None:
    """Whatever is found out about AS, the regression of N stays; that of AS moves, so that it did not count before."""
    config = make_config(features__layer=1, training__c_grid=[0.1])
    blanked, found = (
        {p: replace(v, labels={**v.labels, "AS": label}) if p in unknown else v for p, v in PATIENTS.items()}
        for label in (None, value)
    )
    before, after = (tensors(fit(config, make_recordings(patients)))["coefficients"] for patients in (blanked, found))
    assert np.allclose(before[0], after[0], atol=1e-6)
    assert np.allclose(before[1], after[1], atol=1e-6) is unknown.issubset(SPLIT.test)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), class_weights=st.booleans())
def test_a_regression_is_that_of_the_rows_in_which_its_label_is_known(seed: int, *, class_weights: bool) -> None:
    """Every row has a twin, so that standardisation is the same; of the twins, AS is unknown."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, 5)).astype(np.float32)
    y = np.stack([np.arange(30) % 2, np.arange(30) % 3 == 0], axis=1).astype(float)
    twins = y.copy()
    twins[:, 1] = np.nan
    ids = [str(i) for i in range(60)]
    (alone,) = fit_linear_heads(x, y, ids[:30], LABELS, [0.5], class_weights=class_weights)
    (both,) = fit_linear_heads(
        np.concatenate([x, x]), np.concatenate([y, twins]), ids, LABELS, [0.5], class_weights=class_weights
    )
    assert np.allclose(both.coefficients[1], alone.coefficients[1], atol=1e-3)
    assert np.allclose(both.intercepts[1], alone.intercepts[1], atol=1e-3)
    assert not np.allclose(both.coefficients[0], alone.coefficients[0], atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.1, 0.8), anything=st.floats(-10, 10))
def test_whatever_stands_in_place_of_an_unknown_target_is_not_looked_at(
    seed: int, share: float, anything: float
) -> None:
    """By the loss of the networks and its gradient, and by the regressions."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(2, size=(24, 2)).astype(float)
    targets[rng.random(targets.shape) < share] = np.nan
    weights = target_weights(targets, [str(i) for i in range(24)], class_weights=True)
    filled = np.where(np.isnan(targets), anything, targets)
    assert ((weights == 0) == np.isnan(targets)).all()

    logits = torch.from_numpy(rng.normal(size=(24, 2))).requires_grad_()
    losses, gradients = [], []
    for values in (targets, filled):
        loss = weighted_cross_entropy(logits, torch.from_numpy(values), torch.from_numpy(weights))
        losses.append(loss.item())
        gradients.append(torch.autograd.grad(loss, logits)[0])
    assert losses[0] == losses[1]
    assert torch.equal(*gradients)
    assert (gradients[0][torch.from_numpy(np.isnan(targets))] == 0).all()

    axes = PrincipalAxes.of(rng.normal(size=(24, 4)))
    first, second = (fit_logistic(axes, values, weights).coefficients for values in (targets, filled))
    assert (first == second).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), unknown=st.sets(st.integers(0, 19), max_size=12))
def test_a_choice_is_made_on_those_in_whom_a_label_is_known(seed: int, unknown: set[int]) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.random((20, 2))
    complete = np.stack([np.arange(20) % 2, np.arange(20) // 2 % 2], axis=1).astype(float)
    targets = complete.copy()
    targets[sorted(unknown), 1] = np.nan
    names = np.array([f"P{i:02d}" for i in range(20)])
    windows = WindowRows(np.arange(20), names, names, targets, np.array(["here"] * 20))
    n, aortic_stenosis = PatientOutcomes.of(windows, probabilities).auroc()
    is_known = ~np.isnan(targets[:, 1])
    assert n == pytest.approx(roc_auc_score(complete[:, 0], probabilities[:, 0]))
    if len(set(targets[is_known, 1])) == 2:
        assert aortic_stenosis == pytest.approx(roc_auc_score(targets[is_known, 1], probabilities[is_known, 1]))
    else:
        assert np.isnan(aortic_stenosis)
