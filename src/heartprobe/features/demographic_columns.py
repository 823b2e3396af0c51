"""Demographics as further feature columns of the windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import Config
from heartprobe.data.recordings import Patient
from heartprobe.features.demographics import DemographicsEncoder


def fit_demographics(
    patients: Mapping[str, Patient], training: Iterable[str], config: Config
) -> DemographicsEncoder | None:
    """Return the encoder fitted on the training patients alone; `None` where no demographics are used."""
    if not config.dataset.demographics:
        return None
    known = [patients[patient_id] for patient_id in sorted(set(training))]
    return DemographicsEncoder.fit(known, config.dataset.demographics, config.demographics.encoding)


def with_demographics(
    features: NDArray[np.float32],
    patient_ids: Iterable[str],
    patients: Mapping[str, Patient],
    encoder: DemographicsEncoder | None,
) -> NDArray[np.float32]:
    """Return the features with the encoded demographics of each row's patient behind them.

    Args:
        features: `(n, d)`.
        patient_ids: The patient of each row.
        patients: By id.
        encoder: `None` returns the features as they are.
    """
    if encoder is None:
        return features
    return np.concatenate([features, demographic_rows(patient_ids, patients, encoder)], axis=1)


def demographic_rows(
    patient_ids: Iterable[str], patients: Mapping[str, Patient], encoder: DemographicsEncoder
) -> NDArray[np.float32]:
    """Return the encoded demographics of each row's patient, `(n, fields)`."""
    ids = list(patient_ids)
    unique = list(dict.fromkeys(ids))
    encoded = encoder.transform([patients[patient_id] for patient_id in unique])
    position = {patient_id: row for row, patient_id in enumerate(unique)}
    return np.asarray(encoded[[position[patient_id] for patient_id in ids]], dtype=np.float32)
