"""Choosing how to decide, on validation patients alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import EvaluationConfig, PatientRule
from heartprobe.data.recordings import RecordingSet
from heartprobe.decisions.decider import Decider, LabelDecider
from heartprobe.decisions.evidence import why_too_little
from heartprobe.decisions.fusion import PATIENT_RULES, fuse, votes_of
from heartprobe.decisions.level import fit_level, undecided_level
from heartprobe.decisions.position_weights import fit_position_weights
from heartprobe.decisions.recorded import Recorded
from heartprobe.evaluation.predictions.finding_space import flip_normal
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities


def fit_decider(
    validation: WindowProbabilities, recordings: RecordingSet, labels: Sequence[str], settings: EvaluationConfig
) -> Decider:
    """Choose fusion, calibration, thresholds and bands on validation patients.

    Patients in whom a label is unknown, or could not be predicted, do not count. What the others
    are too few to tell stays as it is (probabilities as the model gives them, a threshold of one
    half), with the reason in words.

    Args:
        validation: Windows of validation patients, predicted by models that were not fitted on them.
        recordings: The data set, which knows patients, positions and truth.
        labels: The labels of the columns.
        settings: What is asked for.
    """
    return fit_fusions(validation, recordings, labels, settings, [settings.patient_rule])[settings.patient_rule]


def fit_fusions(
    validation: WindowProbabilities,
    recordings: RecordingSet,
    labels: Sequence[str],
    settings: EvaluationConfig,
    rules: Sequence[PatientRule] = PATIENT_RULES,
) -> dict[PatientRule, Decider]:
    """Return what `fit_decider` would choose with each of several fusion rules."""
    ids, probabilities = validation.of_recordings()
    findings = flip_normal(probabilities, labels)
    recorded = Recorded.of(ids, recordings)
    truth = flip_normal(recordings.targets(recorded.patients, labels).astype(np.float64), labels)
    return {
        rule: Decider(
            patient_rule=rule,
            calibration=settings.calibration,
            threshold_rule=settings.threshold_rule,
            largest_error=settings.largest_error,
            recordings_per_patient=float(np.median(np.bincount(recorded.owners))) if len(ids) else 1.0,
            labels={
                label: _fit_label(recorded, findings[:, column], truth[:, column], rule, settings)
                for column, label in enumerate(labels)
            },
        )
        for rule in rules
    }


def _fit_label(
    recorded: Recorded,
    findings: NDArray[np.float64],
    truth: NDArray[np.float64],
    rule: PatientRule,
    settings: EvaluationConfig,
) -> LabelDecider:
    """Choose everything for one label.

    Args:
        recorded: The recordings.
        findings: Their P(finding); NaN where it could not be learned, `(recordings,)`.
        truth: Of their patients: 1, 0 or NaN where it is unknown, `(patients,)`.
        rule: How recordings are fused.
        settings: What is asked for.
    """
    is_known = ~np.isnan(truth[recorded.owners]) & ~np.isnan(findings)
    # In the order of the patients' first known recordings, which is that of `recorded.patients` below.
    truth = truth[list(dict.fromkeys(recorded.owners[is_known].tolist()))]
    recorded, findings = recorded.where(is_known), findings[is_known]
    of_patients = _settings_of_patients(rule, settings)
    lack = why_too_little(truth)
    if lack is not None:
        return LabelDecider(recordings=undecided_level(settings, lack), patients=undecided_level(of_patients, lack))
    no_votes = np.full(len(findings), np.nan)
    alone = fit_level(findings, truth[recorded.owners], no_votes, settings, recorded.owners)
    answers = alone.answers(findings, no_votes)
    weights = fit_position_weights(findings, recorded, truth) if rule == "learned" else {}
    fused = fuse(rule, recorded, findings[:, np.newaxis], answers.findings[:, np.newaxis], [weights])[:, 0]
    votes = votes_of(rule, recorded, answers.is_declared[:, np.newaxis])[:, 0]
    return LabelDecider(
        position_weights=weights, recordings=alone, patients=fit_level(fused, truth, votes, of_patients)
    )


def _settings_of_patients(rule: PatientRule, settings: EvaluationConfig) -> EvaluationConfig:
    """Return the settings for patients: a fixed threshold means nothing to the largest of several probabilities."""
    if rule == "any-positive" and settings.threshold_rule == "fixed":
        return settings.model_copy(update={"threshold_rule": "youden"})
    return settings
