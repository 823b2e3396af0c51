"""The better of the two heads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.features.pooling import PooledWindows
from heartprobe.features.table import FeatureTable
from heartprobe.progress import SilentProgress
from heartprobe.training.fitted_probe import Probe
from heartprobe.training.probe import fit_probe
from listener import Listener
from separable_sounds import make_config, make_patients, make_recordings, make_split, make_table

RECORDINGS = make_recordings(make_patients(48))
SPLIT = make_split(list(RECORDINGS.patients), n_test=12)
CONFIG = make_config(
    models__head="select", training__multi_label=False, training__epochs=20, training__learning_rate=3e-3
)


def make_folded_table() -> FeatureTable:
    """Return features that tell N by the magnitude of a column, whatever its sign: no line can read that."""
    rng = np.random.default_rng(1)
    table = make_table(RECORDINGS, ["N"], layers=(0.0,))
    for i, recording in enumerate(RECORDINGS.recordings):
        size = 3.0 if RECORDINGS.patients[recording.patient_id].labels["N"] else 0.3
        columns = [size * rng.choice([-1.0, 1.0], size=(1, 2, 1)), rng.normal(scale=0.1, size=(1, 2, 5))]
        layers = np.concatenate(columns, axis=2).astype(np.float32)
        table._features[i] = PooledWindows(layers, np.arange(2.0), False)
    return table


FOLDED = make_folded_table()
EASY = make_table(RECORDINGS, ["N"], layers=(8.0,))


def fit(
    table: FeatureTable, config: Config = CONFIG, split: Split = SPLIT, recordings: RecordingSet = RECORDINGS
) -> Probe:
    return fit_probe({1.0: table}, recordings, split, config, progress=SilentProgress())


def test_the_network_is_taken_where_no_line_can_tell() -> None:
    """Both scores are told, each by all validation patients."""
    probe = fit(FOLDED)
    assert probe.classifier.head.kind == probe.chosen["head"] == "mlp"
    linear, network = probe.chosen["heads"]
    assert (linear["head"], network["head"]) == ("linear", "mlp")
    assert network["validation_auroc"] > 0.9 > linear["validation_auroc"]
    assert probe.chosen["epoch"] >= 1
    assert probe.strength is None


def test_the_linear_head_is_taken_where_it_is_as_good() -> None:
    """It is then the head that `linear` gives."""
    probe = fit(EASY, make_config(models__head="select", training__multi_label=False, training__epochs=1))
    assert probe.chosen["head"] == "linear"
    alone = fit(EASY, make_config(training__multi_label=False))
    assert probe.chosen == {**alone.chosen, "heads": probe.chosen["heads"]}
    assert (probe.validation.probabilities == alone.validation.probabilities).all()
    coefficients = (fitted.classifier.head.tensors()["coefficients"] for fitted in (probe, alone))
    assert np.array_equal(*coefficients)


def test_the_network_is_validated_on_patients_whom_nothing_in_it_has_seen() -> None:
    """Wrong labels of two of them do not change what is said of their fold."""
    chosen, fold = fit(FOLDED), SPLIT.validation_folds[0]
    patients = dict(RECORDINGS.patients)
    for patient in fold[:2]:
        patients[patient] = replace(patients[patient], labels={"N": 1 - (patients[patient].labels["N"] or 0)})
    other = fit(FOLDED, recordings=replace(RECORDINGS, patients=patients))
    owner = {recording.recording_id: recording.patient_id for recording in RECORDINGS.recordings}
    rows = [row for row, recording in enumerate(chosen.validation.recording_ids) if owner[recording] in fold]
    assert chosen.chosen["head"] == other.chosen["head"] == "mlp"
    assert len(rows) == 2 * 2 * len(fold)
    assert (chosen.validation.probabilities[rows] == other.validation.probabilities[rows]).all()
    assert {owner[recording] for recording in chosen.validation.recording_ids} == set(SPLIT.development)


def test_where_nobody_can_be_spared_to_stop_on_the_linear_head_is_taken() -> None:
    """The two patients around the only fold may be one person. The score of a network is then none, not a bad one."""
    patients = dict(RECORDINGS.patients)
    for patient in ("P000", "P003"):
        patients[patient] = replace(patients[patient], group="one person")
    split = Split(0, 0, ("P000", "P003"), (SPLIT.validation_folds[1],), ())
    probe = fit(EASY, split=split, recordings=replace(RECORDINGS, patients=patients))
    assert probe.chosen["head"] == "linear"
    assert probe.chosen["validation_auroc"] > 0.8
    assert [head["validation_auroc"] for head in probe.chosen["heads"]] == [None, None]


def test_progress_hears_of_both() -> None:
    listener = Listener()
    config = make_config(models__head="select", training__multi_label=False, training__epochs=1)
    probe = fit_probe({1.0: EASY}, RECORDINGS, SPLIT, config, progress=listener)
    assert listener.tasks[0].description == "Repeat 0, fold 0: judging the mlp head"
    assert listener.tasks[0].done == 3
    linear, network = (head["validation_auroc"] for head in probe.chosen["heads"])
    assert listener.notes[-1] == (
        f"Repeat 0, fold 0: the linear head chosen, validation AUROC linear {linear:.3f}, mlp {network:.3f}."
    )
