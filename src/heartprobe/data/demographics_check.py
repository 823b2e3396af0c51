"""How well age, sex, smoking and residence alone tell the labels: the size of a data set's shortcut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.recordings import Patient, RecordingSet

_FOLDS = 5

#: Divisions into folds that a score is the mean of; one alone moves it by about 0.03 with 100 patients.
_REPEATS = 5


@dataclass(frozen=True, slots=True)
class DemographicsScore:
    """How well the demographics alone predict one label.

    Attributes:
        value: Area under the ROC curve over patients, or `None` where it is undefined.
        n: Patients that it rests on.
        reason: Why it is undefined.
    """

    value: float | None
    n: int
    reason: str | None = None

    def as_dict(self) -> dict[str, float | int | str | None]:
        """Return the score as it stands in JSON; a reason only where there is no value."""
        if self.value is None:
            return {"value": None, "reason": self.reason}
        return {"value": self.value, "n": self.n}


def demographics_scores(recordings: RecordingSet, labels: Sequence[str]) -> dict[str, DemographicsScore]:
    """Predict every label from the demographics, each patient by a model that has not seen it.

    Logistic regression on the standardised demographics, missing ones replaced by the mean of the
    training patients; five folds, stratified on the label; the area under the ROC curve of all
    out-of-fold probabilities together, mean of five divisions into folds.

    Args:
        recordings: The patients.
        labels: Labels to predict.

    Returns:
        One score for every label; patients of whom the label is unknown do not count.
    """
    patients = [recordings.patients[patient_id] for patient_id in recordings.patient_ids]
    features = _as_numbers(patients)
    targets = recordings.targets(recordings.patient_ids, labels)
    return {label: _score(features, targets[:, column]) for column, label in enumerate(labels)}


def _as_numbers(patients: Sequence[Patient]) -> NDArray[np.float64]:
    """Return age, sex, smoking and residence, `(patients, fields)`, without fields of which nothing is known."""
    rows = []
    for patient in patients:
        known = patient.demographics
        sex = None if known.sex is None else known.sex == "M"
        lives = None if known.lives is None else known.lives == "U"
        rows.append([known.age, sex, known.smoker, lives])
    numbers = np.array(rows, dtype=np.float64).reshape(len(patients), 4)
    return numbers[:, ~np.isnan(numbers).all(axis=0)]


def _score(features: NDArray[np.float64], targets: NDArray[np.float32]) -> DemographicsScore:
    is_known = ~np.isnan(targets)
    features, truth = features[is_known], targets[is_known].astype(int)
    n = len(truth)
    rarer = min(int(truth.sum()), n - int(truth.sum()))
    if features.shape[1] == 0:
        return DemographicsScore(None, n, "no patient has demographics")
    if rarer < 2:
        return DemographicsScore(None, n, f"it takes two patients of each kind, of one there are {rarer}")

    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), LogisticRegression())
    scores = []
    for repeat in range(_REPEATS):
        folds = StratifiedKFold(min(_FOLDS, rarer), shuffle=True, random_state=repeat)
        probabilities = cross_val_predict(model, features, truth, cv=folds, method="predict_proba")[:, 1]
        scores.append(roc_auc_score(truth, probabilities))
    return DemographicsScore(float(np.mean(scores)), n)
