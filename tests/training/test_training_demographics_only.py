"""What the demographics alone tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heartprobe.data.recordings import Demographics, Patient
from heartprobe.errors import TrainingError
from heartprobe.training.demographics_only import fit_demographics_only
from separable_sounds import make_config, make_patients, make_recordings, make_split

CONFIG = make_config()
RECORDINGS = make_recordings(make_patients(32))
SPLIT = make_split(list(RECORDINGS.patients))


def test_a_shortcut_is_found_whatever_is_configured() -> None:
    """All normal patients are young; the model uses no demographics, the row shows it nevertheless."""
    patients = {
        p: replace(known, demographics=replace(known.demographics, age=22.0 if known.labels["N"] else 60.0))
        for p, known in RECORDINGS.patients.items()
    }
    probabilities = fit_demographics_only(replace(RECORDINGS, patients=patients), SPLIT, CONFIG)
    truth = RECORDINGS.targets(SPLIT.test, ["N"])[:, 0]
    assert probabilities.shape == (8, 2)
    assert probabilities[truth == 1, 0].min() > 0.9
    assert probabilities[truth == 0, 0].max() < 0.1


def test_unknown_demographics_are_no_obstacle() -> None:
    """Known of nobody, everybody gets the same probability, which is one half where classes are balanced."""
    patients = {p: replace(known, demographics=Demographics()) for p, known in RECORDINGS.patients.items()}
    probabilities = fit_demographics_only(replace(RECORDINGS, patients=patients), SPLIT, CONFIG)
    assert np.allclose(probabilities, 0.5, atol=1e-4)


def test_patients_of_unknown_label_are_not_learned_from() -> None:
    """Nonsense in their demographics changes nothing."""
    absurd = Demographics(age=120.0, sex="F", smoker=True, lives="R")
    unknown = {"N": None, "AS": None}
    plain = {**RECORDINGS.patients, "P000": replace(RECORDINGS.patients["P000"], labels=unknown)}
    garbage = {**plain, "P000": Patient("P000", unknown, absurd)}
    first = fit_demographics_only(replace(RECORDINGS, patients=plain), SPLIT, CONFIG)
    assert (fit_demographics_only(replace(RECORDINGS, patients=garbage), SPLIT, CONFIG) == first).all()


def test_a_label_with_one_class_is_named() -> None:
    patients = {
        p: replace(known, labels={"N": 1, "AS": known.labels["AS"]}) for p, known in RECORDINGS.patients.items()
    }
    with pytest.raises(TrainingError, match="Label N cannot be learned from demographics"):
        fit_demographics_only(replace(RECORDINGS, patients=patients), SPLIT, CONFIG)
