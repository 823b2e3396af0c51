"""How well the place of a recording can be read off its features.

Where it can be read, a model that was trained on several places can use it: the share of the sick
differs from place to place. A probe says what is there to be heard, not that a model used it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.recordings import RecordingSet
from heartprobe.evaluation.metrics.bootstrap import Resamples
from heartprobe.evaluation.metrics.entries import JSONObject, bootstrap_entry
from heartprobe.evaluation.metrics.ranking import ratio
from heartprobe.features.table import FeatureTable
from heartprobe.labels import NORMAL
from heartprobe.models.standardiser import Standardiser
from heartprobe.training.logistic import PrincipalAxes, fit_logistic
from heartprobe.training.threads import one_thread_per_product
from heartprobe.training.window_rows import target_weights

FOLDS: Final = 5

#: With fewer patients at a site a fold would test one of them, or none.
FEWEST_PATIENTS: Final = 2 * FOLDS

#: Inverse regularisation strength: the middle of what the `linear` head chooses from (`training.c_grid`).
STRENGTH: Final = 0.03


def site_probe(table: FeatureTable, layer: int, recordings: RecordingSet, *, seed: int, draws: int) -> JSONObject:
    """Predict the site of every recording from its features, by a probe that knows none of that patient.

    One balanced logistic regression per site on the mean features of a recording; the likeliest
    site is the answer. Five folds over patients; patients who may be one person stay together as
    long as a site has enough of such groups, and `notes` say where it has not. Balanced accuracy is
    the mean over the sites of the share of right answers, in which every patient of a site counts
    the same. Its interval draws patients.

    Args:
        table: Features of the recordings.
        layer: The hidden state that is looked at.
        recordings: Which know the sites.
        seed: Of the folds and of the bootstrap.
        draws: Of the bootstrap.

    Returns:
        The section `site_probe` of a report: once for all recordings and, as `normals_alone`, once
        for those of normal hearts, because the share of the sick differs between sites and disease
        itself can be heard. Or the `reason` why there is nothing to tell apart.
    """
    heard = _Heard.of(table, layer, recordings)
    is_normal = np.array([recordings.patients[p].labels.get(NORMAL) == 1 for p in heard.patients], dtype=bool)
    sites = sorted(set(heard.sites.tolist()))
    everybody = _probe(heard, sites, seed=seed, draws=draws)
    if "reason" in everybody:
        return everybody
    normals = _probe(heard.where(is_normal), sites, seed=seed, draws=draws)
    return {"layer": layer, **everybody, "normals_alone": normals}


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    """The mean features of recordings with their patients, each with who may be the same person.

    Attributes:
        features: `(recordings, d)`.
        patients, sites, persons: `(recordings,)`; a person is a group, or a patient who is in none.
    """

    features: NDArray[np.float32]
    patients: NDArray[np.str_]
    sites: NDArray[np.str_]
    persons: NDArray[np.str_]

    @classmethod
    def of(cls, table: FeatureTable, layer: int, recordings: RecordingSet) -> _Heard:
        """Return the means over the windows of every recording that is in the data set."""
        owner = {recording.recording_id: recording.patient_id for recording in recordings.recordings}
        used = [row for row, recording in enumerate(table.recording_ids) if recording in owner]
        names, number, n_windows = np.unique(
            [table.recording_ids[row] for row in used], return_inverse=True, return_counts=True
        )
        by_recording = table.layer(layer)[np.asarray(used)[np.argsort(number, kind="stable")]]
        sums = np.add.reduceat(by_recording, np.cumsum(n_windows) - n_windows, axis=0, dtype=np.float64)
        patients = [owner[name] for name in names]
        groups = [recordings.patients[patient].group for patient in patients]
        persons = [
            f"patient {p}" if group is None else f"group {group}" for p, group in zip(patients, groups, strict=True)
        ]
        return cls(
            features=(sums / n_windows[:, np.newaxis]).astype(np.float32),
            patients=np.array(patients, dtype=np.str_),
            sites=np.array([recordings.site_of(patient) for patient in patients], dtype=np.str_),
            persons=np.array(persons, dtype=np.str_),
        )

    def where(self, is_kept: NDArray[np.bool_]) -> _Heard:
        """Return some of the recordings."""
        return _Heard(self.features[is_kept], self.patients[is_kept], self.sites[is_kept], self.persons[is_kept])


def _probe(heard: _Heard, all_sites: Sequence[str], *, seed: int, draws: int) -> JSONObject:
    if len(all_sites) < 2:
        return {"reason": f"all recordings are of one site, {', '.join(all_sites)}"}
    n_patients = {site: len(set(heard.patients[heard.sites == site].tolist())) for site in all_sites}
    sites = [site for site, n in n_patients.items() if n >= FEWEST_PATIENTS]
    left_out = {
        site: f"{n} patients, {FEWEST_PATIENTS} are needed" for site, n in n_patients.items() if site not in sites
    }
    if len(sites) < 2:
        few = "; ".join(f"{site}: {why}" for site, why in left_out.items())
        return {"reason": f"fewer than two sites have enough such patients ({few})"}
    heard = heard.where(np.isin(heard.sites, sites))
    folds, notes = _folds(heard, sites, np.random.default_rng(seed))
    with one_thread_per_product():
        answers = _answers(heard, sites, folds)
    patients, owner = np.unique(heard.patients, return_inverse=True)
    # The share of each patient's recordings that were called so: (patients, sites).
    shares = np.zeros((len(patients), len(sites)))
    np.add.at(shares, (owner, answers), 1.0 / np.bincount(owner)[owner])
    site_of = np.zeros(len(patients), dtype=np.intp)
    site_of[owner] = np.searchsorted(sites, heard.sites)
    resamples = Resamples.of(len(patients), draws=draws, seed=seed)
    return {
        "sites": sites,
        "patients": len(patients),
        "recordings": len(heard.patients),
        "left_out": left_out,
        "notes": notes,
        "chance": 1 / len(sites),
        "balanced_accuracy": bootstrap_entry(_mean_recall(shares, site_of, resamples), resamples, len(patients), None),
        "confusion": [shares[site_of == site].mean(axis=0).tolist() for site in range(len(sites))],
    }


def _folds(heard: _Heard, sites: Sequence[str], rng: np.random.Generator) -> tuple[NDArray[np.intp], list[str]]:
    """Deal the persons of every site to the folds, or its patients where it has too few persons to deal."""
    folds, of_unknown_persons = np.zeros(len(heard.sites), dtype=np.intp), []
    for site in sites:
        is_here = heard.sites == site
        units, owner = np.unique(heard.persons[is_here], return_inverse=True)
        if len(units) < FEWEST_PATIENTS:
            units, owner = np.unique(heard.patients[is_here], return_inverse=True)
            of_unknown_persons.append(site)
        folds[is_here] = rng.permutation(np.arange(len(units)) % FOLDS)[owner]
    if not of_unknown_persons:
        return folds, []
    note = (
        f"{', '.join(of_unknown_persons)}: nobody knows who was recorded, so one person may be in several folds and be "
        "recognised instead of the place."
    )
    return folds, [note]


def _answers(heard: _Heard, sites: Sequence[str], folds: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the site that each recording is taken for, by a probe of the other folds.

    Standardised and turned onto principal axes once, over all recordings: neither looks at a site,
    and turning the axes in every fold would take most of the time.
    """
    every_recording = np.ones(len(folds))
    axes = PrincipalAxes.of(Standardiser.fit(heard.features, every_recording)(heard.features))
    targets = (heard.sites[:, np.newaxis] == np.array(sites)).astype(np.float64)
    names = np.arange(len(folds)).astype(np.str_)
    answers = np.empty(len(folds), dtype=np.intp)
    for fold in range(FOLDS):
        is_tested = folds == fold
        weights = target_weights(
            targets[~is_tested], names[~is_tested], class_weights=True, sites=heard.sites[~is_tested]
        )
        fit = fit_logistic(PrincipalAxes(axes.rows[~is_tested], axes.basis), targets[~is_tested], STRENGTH * weights)
        logits = axes.rows[is_tested] @ (axes.basis.T @ fit.coefficients) + fit.intercepts
        answers[is_tested] = logits.argmax(axis=1)
    return answers


def _mean_recall(shares: NDArray[np.float64], site_of: NDArray[np.intp], resamples: Resamples) -> NDArray[np.float64]:
    """Return the balanced accuracy for every column of the resamples; NaN where a site was not drawn."""
    recalls = []
    for site in range(shares.shape[1]):
        weights = resamples.weights[site_of == site]
        recalls.append(ratio(shares[site_of == site, site] @ weights, weights.sum(axis=0)))
    return np.asarray(np.mean(recalls, axis=0))
