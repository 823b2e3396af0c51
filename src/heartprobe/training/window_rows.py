"""The windows that a head is fitted or validated on, and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import TrainingError
from heartprobe.features.table import FeatureTable


@dataclass(frozen=True, slots=True, eq=False)
class WindowRows:
    """Some rows of a feature table.

    Attributes:
        rows: `(n,)`, positions in the table.
        recording_ids: `(n,)`.
        patient_ids: `(n,)`.
        targets: `(n, labels)`, float64: 1, 0, or NaN where unknown.
        sites: `(n,)`, where each patient was recorded.
    """

    rows: NDArray[np.intp]
    recording_ids: NDArray[np.str_]
    patient_ids: NDArray[np.str_]
    targets: NDArray[np.float64]
    sites: NDArray[np.str_]

    @classmethod
    def of(
        cls, table: FeatureTable, recordings: RecordingSet, patients: Sequence[str], labels: Sequence[str]
    ) -> WindowRows:
        """Return the windows of these patients of whom at least one label is known."""
        known = recordings.targets(patients, labels).astype(np.float64)
        by_patient = {p: values for p, values in zip(patients, known, strict=True) if not np.isnan(values).all()}
        rows = [row for row, patient in enumerate(table.patient_ids) if patient in by_patient]
        patient_ids = [table.patient_ids[row] for row in rows]
        return cls(
            rows=np.asarray(rows, dtype=np.intp),
            recording_ids=np.asarray([table.recording_ids[row] for row in rows], dtype=np.str_),
            patient_ids=np.asarray(patient_ids, dtype=np.str_),
            targets=np.asarray([by_patient[p] for p in patient_ids], dtype=np.float64).reshape(-1, len(labels)),
            sites=np.asarray([recordings.site_of(p) for p in patient_ids], dtype=np.str_),
        )

    @classmethod
    def joined(cls, parts: Sequence[WindowRows]) -> WindowRows:
        """Return the rows of several parts, one after the other."""
        return cls(
            rows=np.concatenate([part.rows for part in parts]),
            recording_ids=np.concatenate([part.recording_ids for part in parts]),
            patient_ids=np.concatenate([part.patient_ids for part in parts]),
            targets=np.concatenate([part.targets for part in parts]),
            sites=np.concatenate([part.sites for part in parts]),
        )

    def where(self, is_kept: NDArray[np.bool_]) -> WindowRows:
        """Return some of the rows."""
        return WindowRows(
            self.rows[is_kept],
            self.recording_ids[is_kept],
            self.patient_ids[is_kept],
            self.targets[is_kept],
            self.sites[is_kept],
        )

    def has_both_classes(self) -> NDArray[np.bool_]:
        """Return for each label whether there is a row with 1 and one with 0, `(labels,)`."""
        return np.asarray((self.targets == 1).any(axis=0) & (self.targets == 0).any(axis=0))

    def require_both_classes(self, labels: Sequence[str]) -> None:
        """Refuse to train on rows that show only one side of a label.

        Raises:
            TrainingError: Naming the label and what is missing.
        """
        if not len(self.rows):
            raise TrainingError(
                "There is nothing to train on: no training patient has both a usable recording and a known label. "
                "`heartprobe data check` lists what is wrong with the recordings."
            )
        for label, column in zip(labels, self.targets.T, strict=True):
            missing = [value for value in (1, 0) if not (column == value).any()]
            if missing:
                n_patients = len(set(self.patient_ids[~np.isnan(column)]))
                raise TrainingError(
                    f"Label {label} cannot be learned: it is {missing[0]} for none of the {n_patients} training "
                    "patients for whom it is known, and both 0 and 1 are needed. Add patients, or leave the label "
                    "out of dataset.disease_classes."
                )


def row_shares(recording_ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.float64]:
    """Return for each window the share that it has of its recording, `(n,)`."""
    _, owner, n_windows = np.unique(recording_ids, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / n_windows[owner])


def target_weights(
    targets: NDArray[np.float64],
    recording_ids: Sequence[str] | NDArray[np.str_],
    *,
    class_weights: bool,
    sites: Sequence[str] | NDArray[np.str_] | None = None,
) -> NDArray[np.float64]:
    """Return how much each window counts for each label, `(n, labels)`.

    The windows of a recording share one unit, so that long recordings do not count more than
    short ones. With class weights, recordings of a label's class count `n / (2 * n_class)`, so
    that both classes count the same and all together as much as before ("balanced" in
    scikit-learn, and what the original project does). Unknown targets count 0.

    Balanced by site, the sites that show a class share its weight equally: a site with hundreds of
    recordings counts no more than one with thirty, and the share of the sick in a site cannot
    become a sign of the site. What all rows together count stays the same.

    Args:
        targets: `(n, labels)`: 1, 0 or NaN.
        recording_ids: The recording of each window.
        class_weights: Whether classes are balanced; a label that shows one class only stays as it is.
        sites: The site of each window, where sites are balanced; `None` where they are not.
    """
    weights = np.where(np.isnan(targets), 0.0, row_shares(recording_ids)[:, np.newaxis])
    for weight, target in zip(weights.T, targets.T, strict=True):
        if sites is not None:
            _balance_sites(weight, target, np.asarray(sites))
        if class_weights:
            total, of_class = weight.sum(), [weight[target == value].sum() for value in (0, 1)]
            if all(of_class):
                for value in (0, 1):
                    weight[target == value] *= total / (2.0 * of_class[value])
    return weights


def _balance_sites(weight: NDArray[np.float64], target: NDArray[np.float64], sites: NDArray[np.str_]) -> None:
    """Let the sites of a class count the same, and the class as much as before; in place."""
    for value in (0, 1):
        is_class = target == value
        in_class = np.unique(sites[is_class])
        if len(in_class) < 2:
            continue  # Nothing to balance: a run on one site keeps its numbers to the last bit.
        of_class = weight[is_class].sum()
        for site in in_class:
            is_cell = is_class & (sites == site)
            weight[is_cell] *= of_class / (len(in_class) * weight[is_cell].sum())
