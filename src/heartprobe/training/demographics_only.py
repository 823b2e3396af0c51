"""What age, sex, smoking and residence tell without any sound: the row that every report shows."""

from __future__ import annotations

from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import Config, DemographicField
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.errors import TrainingError
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.training.linear import fit_linear_heads
from heartprobe.training.threads import one_thread_per_product

#: Four columns and a hundred patients need no careful choice; scikit-learn's default.
STRENGTH: Final = 1.0

FIELDS: Final[tuple[DemographicField, ...]] = get_args(DemographicField)


def fit_demographics_only(recordings: RecordingSet, split: Split, config: Config) -> NDArray[np.float64]:
    """Return what demographics alone say about the test patients, `(test patients, labels)`.

    Logistic regression on all four fields, whatever is configured, fitted on the development
    patients. Where a data set knows no demographics, everybody gets the same probability.

    Args:
        recordings: Labels and demographics of the patients.
        split: Its development patients are learned from; its test patients are predicted, in its order.
        config: For labels, class weights and the encoding of categories.

    Raises:
        TrainingError: If a label shows one class only.
    """
    targets = recordings.targets(split.development, config.labels).astype(np.float64)
    has_label = np.asarray((~np.isnan(targets)).any(axis=1)).tolist()
    ids = [patient for patient, known in zip(split.development, has_label, strict=True) if known]
    targets = targets[has_label]
    for label, column in zip(config.labels, targets.T, strict=True):
        if not ((column == 1).any() and (column == 0).any()):
            raise TrainingError(
                f"Label {label} cannot be learned from demographics: both 0 and 1 are needed among the "
                f"{len(ids)} training patients. Add patients, or leave the label out of dataset.disease_classes."
            )
    patients = [recordings.patients[patient] for patient in ids]
    demographics = DemographicsEncoder.fit(patients, FIELDS, config.demographics.encoding)
    with one_thread_per_product():
        (head,) = fit_linear_heads(
            demographics.transform(patients),
            targets,
            ids,
            config.labels,
            [STRENGTH],
            class_weights=config.training.class_weights,
            sites=[recordings.site_of(patient) for patient in ids] if config.training.site_weights else None,
        )
    return head.probabilities(demographics.transform([recordings.patients[patient] for patient in split.test]))
