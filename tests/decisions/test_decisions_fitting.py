from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartprobe.config.schema import EvaluationConfig
from heartprobe.decisions.decider import Decider
from heartprobe.decisions.fitting import fit_decider, fit_fusions
from heartprobe.decisions.fusion import PATIENT_RULES
from heartprobe.decisions.recorded import Recorded
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities

LABELS = ("N", "AS")


@pytest.fixture(scope="module")
def validation(forty, windows_of):
    return windows_of(forty, LABELS)


def plain(windows: WindowProbabilities, recordings, labels=LABELS, **settings) -> Decider:
    return fit_decider(windows, recordings, labels, EvaluationConfig(**settings))


def at(label, probability, recordings_of, **settings) -> Decider:
    """Return what is chosen for one label where each patient has one recording of one window."""
    labels_of = {f"p{i:02d}": {label: value} for i, (value, _) in enumerate(probability)}
    recordings = recordings_of(labels_of, positions=("sup_Mit",))
    ids = tuple(r.recording_id for r in recordings.recordings)
    windows = WindowProbabilities(ids, np.array([[p] for _, p in probability]))
    return fit_decider(windows, recordings, (label,), EvaluationConfig(**settings))


TEN = [(1, 0.9), (1, 0.8), (0, 0.7), (1, 0.6), (1, 0.5), (1, 0.45), (0, 0.4), (0, 0.3), (0, 0.2), (0, 0.1)]


def test_the_threshold_of_a_lesion_by_hand(recordings_of):
    """From 0.45 on, all five with the lesion and one of the others: the threshold lies midway to 0.4."""
    level = at("AS", TEN, recordings_of, calibration="none").labels["AS"].patients
    assert level.threshold.value == pytest.approx(0.425)


def test_the_threshold_of_n_is_about_the_abnormal_heart(recordings_of):
    """The same numbers for N: normal hearts have high P(N), so P(abnormal) is 1 - P(N) and its threshold follows.

    The five abnormal have P(abnormal) of 0.3, 0.6, 0.7, 0.8 and 0.9, the normal 0.1, 0.2, 0.4, 0.5 and 0.55.
    From 0.6 on there are four abnormal and no normal one; from 0.3 on five and three.
    """
    decider = at("N", TEN, recordings_of, calibration="none")
    assert decider.labels["N"].patients.threshold.value == pytest.approx((0.55 + 0.6) / 2)
    answers = decider.recordings(np.array([[0.9], [0.41], [0.1]]))
    assert answers.is_declared.ravel().tolist() == [False, True, True]
    assert answers.decisions(("N",)).ravel().tolist() == [1, 0, 0]


def test_calibrated_p_normal_and_p_abnormal_add_up(recordings_of):
    """Calibration of N is that of the opposite label with the opposite probabilities."""
    n = at("N", TEN, recordings_of).labels["N"].patients
    opposite = at("AS", [(1 - value, 1 - p) for value, p in TEN], recordings_of).labels["AS"].patients
    assert n.calibration.slope == pytest.approx(opposite.calibration.slope, rel=1e-9)
    assert n.calibration.intercept == pytest.approx(opposite.calibration.intercept, rel=1e-6)


@pytest.mark.parametrize("rule", PATIENT_RULES)
def test_a_stored_decider_gives_the_same_bits(rule, forty, validation):
    """Through JSON text, as a bundle keeps it."""
    decider = plain(validation, forty, patient_rule=rule)
    again = Decider.from_dict(json.loads(json.dumps(decider.as_dict())))
    assert again == decider
    ids, probabilities = validation.of_recordings()
    recorded = Recorded.of(ids, forty)
    for first, second in (
        (decider.recordings(probabilities), again.recordings(probabilities)),
        (decider.patients(probabilities, recorded), again.patients(probabilities, recorded)),
    ):
        for name in ("uncalibrated", "probability", "threshold", "is_declared", "is_near", "is_contradicted"):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_one_class_says_why_and_changes_nothing(recordings_of, windows_of):
    recordings = recordings_of({f"p{i:02d}": {"N": 0, "AS": i % 2} for i in range(20)})
    windows = windows_of(recordings, LABELS)
    decider = plain(windows, recordings)
    level = decider.labels["N"].patients
    reason = "of the validation patients 20 have the finding and 0 do not; at least 5 of each are needed"
    assert (level.calibration.slope, level.calibration.intercept, level.calibration.reason) == (1, 0, reason)
    assert (level.threshold.value, level.threshold.reason) == (0.5, reason)
    assert (level.band.low, level.band.high, level.band.reason) == (0.5, 0.5, reason)
    assert decider.labels["AS"].patients.calibration.reason is None
    _, probabilities = windows.of_recordings()
    answers = decider.recordings(probabilities)
    np.testing.assert_allclose(answers.probability[:, 0], probabilities[:, 0], rtol=1e-12)
    assert (answers.probability[:, 1] != probabilities[:, 1]).all()


def test_a_given_threshold_needs_no_validation(recordings_of):
    decider = at("AS", TEN[:2], recordings_of, threshold_rule="fixed", threshold=0.3, calibration="none")
    level = decider.labels["AS"].patients
    assert (level.threshold.value, level.threshold.reason, level.calibration.reason) == (0.3, None, None)
    assert level.band.reason is not None


def test_any_positive_chooses_its_threshold_even_where_one_is_given(forty, validation):
    """The largest of several probabilities is high in everybody: 0.5 would declare all ill."""
    found = fit_fusions(
        validation, forty, LABELS, EvaluationConfig(threshold_rule="fixed", calibration="none"), ["max", "any-positive"]
    )
    assert found["max"].labels["AS"].patients.threshold.value == 0.5
    chosen = found["any-positive"].labels["AS"]
    assert chosen.recordings.threshold.value == 0.5
    assert chosen.patients.threshold.value > 0.6


def test_decisions_follow_the_settings(forty, validation):
    """What is asked of validation patients holds of them."""
    ids, probabilities = validation.of_recordings()
    recorded = Recorded.of(ids, forty)
    truth = forty.targets(recorded.patients, ("AS",))[:, 0]
    decider = plain(validation, forty, threshold_rule="sensitivity", sensitivity=0.8, largest_error=0.2)
    answers = decider.patients(probabilities, recorded)
    is_declared, is_decided = answers.is_declared[:, 1], ~answers.is_uncertain[:, 1]
    assert is_declared[truth == 1].mean() >= 0.8
    assert (is_declared != (truth == 1))[is_decided].mean() <= 0.2


def test_every_rule_is_the_one_that_would_be_chosen_alone(forty, validation):
    settings = EvaluationConfig()
    found = fit_fusions(validation, forty, LABELS, settings)
    assert tuple(found) == PATIENT_RULES
    for rule, decider in found.items():
        assert decider == fit_decider(validation, forty, LABELS, settings.model_copy(update={"patient_rule": rule}))
        assert bool(decider.labels["AS"].position_weights) == (rule == "learned")


@settings(max_examples=25, deadline=None)
@given(data=st.data(), rule=st.sampled_from(PATIENT_RULES))
def test_unknown_truth_never_counts(data, rule, forty, validation):
    """Whoever is unknown may be predicted anything, or be absent: the other patients decide alone."""
    unknown = set(data.draw(st.lists(st.sampled_from(sorted(forty.patients)), max_size=25, unique=True)))
    seed = data.draw(st.integers(0, 99))
    partly = replace(
        forty,
        patients={
            p: replace(patient, labels={**patient.labels, "AS": None}) if p in unknown else patient
            for p, patient in forty.patients.items()
        },
    )
    owner = {r.recording_id: r.patient_id for r in forty.recordings}
    is_unknown = np.array([owner[r] in unknown for r in validation.recording_ids])
    noise = np.random.default_rng(seed).random(len(is_unknown))
    changed = validation.probabilities.copy()
    changed[is_unknown, 1] = noise[is_unknown]
    kept = np.flatnonzero(~is_unknown)
    expected = plain(
        WindowProbabilities(
            tuple(validation.recording_ids[row] for row in kept), validation.probabilities[kept][:, [1]]
        ),
        forty,
        ("AS",),
        patient_rule=rule,
    )
    found = plain(WindowProbabilities(validation.recording_ids, changed), partly, patient_rule=rule)
    assert found.labels["AS"] == expected.labels["AS"]


def test_what_a_fold_could_not_learn_does_not_count(forty, validation):
    """Windows without a probability of AS, as unknown truth; N keeps all patients."""
    changed = validation.probabilities.copy()
    changed[:80, 1] = np.nan
    found = plain(WindowProbabilities(validation.recording_ids, changed), forty)
    rest = WindowProbabilities(validation.recording_ids[80:], validation.probabilities[80:])
    assert found.labels["AS"] == plain(rest, forty).labels["AS"]
    assert found.labels["N"] == plain(validation, forty).labels["N"]


def test_the_order_of_validation_patients_does_not_matter(forty, validation, rng):
    order = rng.permutation(len(validation.recording_ids))
    shuffled = WindowProbabilities(tuple(validation.recording_ids[i] for i in order), validation.probabilities[order])
    first, second = plain(validation, forty, patient_rule="learned"), plain(shuffled, forty, patient_rule="learned")
    for label in LABELS:
        assert first.labels[label].position_weights == pytest.approx(second.labels[label].position_weights, abs=1e-5)
        assert first.labels[label].patients.threshold.value == pytest.approx(
            second.labels[label].patients.threshold.value, abs=1e-5
        )


def test_a_single_recording_gets_the_answer_about_a_recording(validation, forty):
    """Calibrated on patients with several, the probability of a patient would be too sure of one recording."""
    decider = plain(validation, forty)
    assert decider.recordings_per_patient > 1
    probabilities = np.array([[0.2, 0.9], [0.3, 0.8], [0.4, 0.7]])
    one_and_two = Recorded(("one", "two", "two"), ("sup_Mit", "sup_Mit", "sup_Aor"))
    answers = decider.patients(probabilities, one_and_two)
    alone = decider.recordings(probabilities)
    for name in ("uncalibrated", "probability", "threshold", "is_declared", "is_uncertain"):
        assert np.array_equal(getattr(answers, name)[0], getattr(alone, name)[0]), name
    of_patients = [decider.labels[label].patients.threshold.value for label in LABELS]
    assert answers.threshold[1].tolist() == of_patients
    assert answers.threshold[0].tolist() != of_patients


def test_where_everybody_has_one_recording_nothing_is_exchanged(recordings_of):
    """Then patients are what was calibrated on."""
    decider = at("AS", TEN, recordings_of)
    assert decider.recordings_per_patient == 1
    answers = decider.patients(np.array([[0.44]]), Recorded(("one",), ("sup_Mit",)))
    assert answers.threshold[0, 0] == decider.labels["AS"].patients.threshold.value
