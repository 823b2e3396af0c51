"""How good window probabilities are, judged by patients: what every choice in training is made on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.metrics.ranking import auroc_and_average_precision
from heartprobe.evaluation.predictions.aggregate import patient_probabilities, recording_probabilities
from heartprobe.training.window_rows import WindowRows


@dataclass(frozen=True, slots=True, eq=False)
class PatientOutcomes:
    """Patients with their known labels and predicted probabilities.

    Attributes:
        targets: `(patients, labels)`: 1, 0 or NaN where unknown.
        probabilities: `(patients, labels)`; NaN where none could be predicted.
    """

    targets: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @classmethod
    def of(cls, windows: WindowRows, probabilities: NDArray[np.float64]) -> PatientOutcomes:
        """Average windows to recordings, and recordings to patients.

        The rule is always the mean, whatever a report uses: a choice by another rule would rest
        on one recording per patient.

        Args:
            windows: What the rows are.
            probabilities: `(n, labels)`.
        """
        columns = [str(column) for column in range(probabilities.shape[1])]
        owner = dict(zip(windows.recording_ids, windows.patient_ids, strict=True))
        recordings, by_recording = recording_probabilities(probabilities, windows.recording_ids.tolist())
        patients, by_patient = patient_probabilities(by_recording, [owner[r] for r in recordings], columns, "mean")
        first_row = {patient: row for row, patient in reversed(list(enumerate(windows.patient_ids)))}
        return cls(windows.targets[[first_row[p] for p in patients]], by_patient)

    def auroc(self) -> NDArray[np.float64]:
        """Return the AUROC of each label over the patients in whom it is known, NaN where undefined."""
        return np.array([_auroc(t, p) for t, p in zip(self.targets.T, self.probabilities.T, strict=True)])

    def log_loss(self) -> float:
        """Return the mean negative log-likelihood over all known labels of all patients; NaN without any."""
        known = ~np.isnan(self.targets) & ~np.isnan(self.probabilities)
        if not known.any():
            return float("nan")
        likely = np.where(self.targets == 1, self.probabilities, 1.0 - self.probabilities)[known]
        return float(-np.log(np.maximum(likely, np.finfo(np.float64).tiny)).mean())

    def score(self) -> Score:
        """Return what candidates and epochs are compared by."""
        defined = self.auroc()
        defined = defined[~np.isnan(defined)]
        return Score(float(defined.mean()) if defined.size else None, self.log_loss())


def score_within_sites(windows: WindowRows, probabilities: NDArray[np.float64]) -> Score:
    """Return the score of patients of several sites, in which no two of different sites are compared.

    The AUROC of a label is the mean over the sites that show both its classes. That of all patients
    together would reward a model for telling sites apart in which more or fewer are ill, and punish
    it for a shift of all probabilities of a site, of which patients of that site notice nothing.

    Args:
        windows: What the rows are.
        probabilities: `(n, labels)`.
    """
    everybody = PatientOutcomes.of(windows, probabilities)
    sites = np.unique(windows.sites)
    if len(sites) < 2:
        return everybody.score()
    aurocs = np.stack(
        [
            PatientOutcomes.of(windows.where(windows.sites == site), probabilities[windows.sites == site]).auroc()
            for site in sites
        ]
    )
    of_labels = [float(of_label[~np.isnan(of_label)].mean()) for of_label in aurocs.T if not np.isnan(of_label).all()]
    return Score(float(np.mean(of_labels)) if of_labels else None, everybody.log_loss())


@dataclass(frozen=True, slots=True)
class Score:
    """What candidates and epochs are compared by.

    Attributes:
        auroc: Mean over the labels of the patients' AUROC; `None` where the validation patients
            show both classes of no label.
        loss: Mean negative log-likelihood of the patients' labels.
    """

    auroc: float | None
    loss: float

    def is_better_than(self, other: Score, min_delta: float) -> bool:
        """Whether the AUROC is higher by more than `min_delta`, or as high and the loss is that much lower.

        Once an AUROC cannot rise any more (1.0 comes early where there are few patients), the loss
        still tells apart. Where there is no AUROC, the loss decides alone.
        """
        gain = 0.0 if self.auroc is None or other.auroc is None else self.auroc - other.auroc
        if abs(gain) > min_delta:
            return gain > 0
        return self.loss < other.loss - min_delta


def _auroc(targets: NDArray[np.float64], probabilities: NDArray[np.float64]) -> float:
    known = ~np.isnan(targets) & ~np.isnan(probabilities)
    owner = np.arange(int(known.sum()), dtype=np.intp)
    if not owner.size:
        return float("nan")
    truth = targets[known].astype(np.int8)
    auroc, _ = auroc_and_average_precision(truth, probabilities[known], np.ones((owner.size, 1)), owner)
    return float(auroc[0])
