"""Choosing how to decide at a place that nobody has been to, from several places that were left out in turn.

Places differ in how many recordings they have and in the share of the sick among them. Here every
place counts the same, and at each the sick as much as the others. A calibrated probability then
holds where half of the people are sick: its odds say how much likelier such a sound is from a sick
heart than from another one, and one half, where neither is likelier, is the threshold.

    odds where one in twenty is sick = odds given * (1/20) / (19/20)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from heartprobe.data.recordings import RecordingSet
from heartprobe.decisions.calibration import SMALLEST_SLOPE, Calibration, log_loss, smoothed_targets
from heartprobe.decisions.decider import Decider, LabelDecider
from heartprobe.decisions.evidence import why_too_little
from heartprobe.decisions.level import Level
from heartprobe.decisions.log_odds import from_log_odds, log_odds
from heartprobe.decisions.recorded import Recorded
from heartprobe.decisions.thresholds import Threshold
from heartprobe.decisions.uncertain import choose_band
from heartprobe.errors import TrainingError
from heartprobe.evaluation.predictions.finding_space import flip_normal
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities

THRESHOLD: Final = Threshold(value=0.5)

#: At every place, the sick count as much as the others.
PREVALENCE: Final = 0.5

_TOO_FEW_PLACES: Final = "a few places say too little about how far another one may lie from them"


def fit_balanced_decider(
    left_out: WindowProbabilities, recordings: RecordingSet, labels: Sequence[str], *, largest_error: float
) -> Decider:
    """Choose calibration and band on recordings of several sites, each predicted by a model without its site.

    What is chosen for a recording is used for a patient as well, for want of patients with several: the mean over
    several recordings says more than one does, so that a patient's probability lies nearer to one half than it should.

    Args:
        left_out: Windows of these sites, of patients with one recording each.
        recordings: The data set, which knows patients, sites and truth.
        labels: The labels of the columns.
        largest_error: Share of wrong decisions among those that are made, each site and class counting the same.

    Raises:
        TrainingError: If a label is known of too few with or without the finding.
    """
    ids, probabilities = left_out.of_recordings()
    findings = flip_normal(probabilities, labels)
    patients = Recorded.of(ids, recordings).patient_ids
    truth = flip_normal(recordings.targets(patients, labels).astype(np.float64), labels)
    sites = np.array([recordings.site_of(patient) for patient in patients])
    levels = {
        label: _fit_level(label, findings[:, column], truth[:, column], sites, largest_error)
        for column, label in enumerate(labels)
    }
    return Decider(
        patient_rule="mean",
        calibration="platt",
        threshold_rule="fixed",
        largest_error=largest_error,
        recordings_per_patient=1,
        labels={label: LabelDecider(recordings=level, patients=level) for label, level in levels.items()},
    )


def balanced_weights(truth: NDArray[np.float64], sites: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return weights by which each class of each site counts the same, with a mean of one.

    Args:
        truth: 1 or 0, `(n,)`.
        sites: Where each is from, `(n,)`.
    """
    weights = np.empty(len(truth))
    for has_it in (False, True):
        of_class = (truth == 1) == has_it
        # Each site counts the same within a class, and the classes the same, also where a site lacks one.
        _, place, counts = np.unique(sites[of_class], return_inverse=True, return_counts=True)
        weights[of_class] = len(truth) / (2 * len(counts) * counts[place])
    return weights


def _fit_level(
    label: str,
    findings: NDArray[np.float64],
    truth: NDArray[np.float64],
    sites: NDArray[np.str_],
    largest_error: float,
) -> Level:
    is_known = ~np.isnan(truth) & ~np.isnan(findings)
    findings, truth, sites = findings[is_known], truth[is_known], sites[is_known]
    if lack := why_too_little(truth):
        raise TrainingError(f"How to decide about {label} cannot be chosen: {lack}. Give recordings of more patients.")
    weights = balanced_weights(truth, sites)
    calibration = _fit_line(log_odds(findings), truth, weights)
    nobody = np.zeros(len(truth), dtype=bool)
    band = choose_band(calibration.apply(findings), truth, THRESHOLD, largest_error, nobody, weights)
    return Level(calibration=calibration, threshold=THRESHOLD, band=band)


def _fit_line(values: NDArray[np.float64], truth: NDArray[np.float64], weights: NDArray[np.float64]) -> Calibration:
    """Return the line through the log odds with the least weighted log-loss against Platt's targets."""
    targets = smoothed_targets(truth)

    def loss(line: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        fitted = line[0] * values + line[1]
        wrong = weights * (from_log_odds(fitted) - targets)
        return log_loss(fitted, targets, weights), np.array([wrong @ values, wrong.sum()])

    found = minimize(
        loss,
        np.array([1.0, 0.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(SMALLEST_SLOPE, None), (None, None)],
        options={"gtol": 1e-10, "ftol": 1e-15, "maxiter": 1000},
    )
    slope, intercept = map(float, found.x)
    is_turned = slope <= SMALLEST_SLOPE
    reason = "those with the finding have no higher probabilities than the others" if is_turned else None
    return Calibration(
        slope=slope,
        intercept=intercept,
        reason=reason,
        why_no_interval=reason or _TOO_FEW_PLACES,
        prevalence=PREVALENCE,
    )
