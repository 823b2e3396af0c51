"""From the recordings of a patient to the patient, by the rule of `evaluation.patient_rule`.

`mean`, `median`, `max` and `noisy-or` need nothing but the recordings. `any-positive` is the
largest *calibrated* probability, and its threshold is chosen on validation patients whatever the
threshold rule: a patient is declared ill where any recording is conspicuous enough. `learned`
weighs recordings by position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import PatientRule
from heartprobe.decisions.position_weights import weighted
from heartprobe.decisions.recorded import Recorded
from heartprobe.evaluation.predictions.aggregate import RULES, reduced

#: In the order of tables.
PATIENT_RULES: Final[tuple[PatientRule, ...]] = get_args(PatientRule)


def is_by_agreement(rule: PatientRule) -> bool:
    """Whether recordings decide together; with the other rules, one may decide against all others."""
    return rule in ("mean", "median", "learned")


def fuse(
    rule: PatientRule,
    recorded: Recorded,
    findings: NDArray[np.float64],
    calibrated: NDArray[np.float64],
    position_weights: Sequence[Mapping[str, float]],
) -> NDArray[np.float64]:
    """Return P(finding) of each patient, `(patients, labels)`.

    Args:
        rule: How recordings are fused.
        recorded: The recordings.
        findings: Their P(finding), `(recordings, labels)`.
        calibrated: The same, calibrated; used by `any-positive`.
        position_weights: For each label, the a of each position; used by `learned`.
    """
    if rule == "learned":
        columns = zip(findings.T, position_weights, strict=True)
        return np.column_stack([_weighted(recorded, column, weights) for column, weights in columns])
    if rule == "any-positive":
        return reduced(calibrated, recorded.patient_ids, RULES["max"])[1]
    return reduced(findings, recorded.patient_ids, RULES[rule])[1]


def votes_of(rule: PatientRule, recorded: Recorded, is_declared: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of each patient's recordings that declare the finding, `(patients, labels)`.

    It is NaN where agreement means nothing: with a rule by which one recording may decide against
    all others, and where there is only one recording.

    Args:
        rule: How recordings are fused.
        recorded: The recordings.
        is_declared: Whether each declares the finding, `(recordings, labels)`.
    """
    has_vote = is_by_agreement(rule)

    def share(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return rows.mean(axis=0) if has_vote and len(rows) > 1 else np.full(rows.shape[1], np.nan)

    return reduced(is_declared.astype(np.float64), recorded.patient_ids, share)[1]


def _weighted(recorded: Recorded, findings: NDArray[np.float64], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Return P(finding) of each patient for one label by the weighted mean of log odds, `(patients,)`."""
    exponents = np.array([weights.get(position or "", 0.0) for position in recorded.positions])
    owners = recorded.owners
    of_patients = [owners == patient for patient in range(len(recorded.patients))]
    return np.array([weighted(findings[rows], exponents[rows]) for rows in of_patients])
