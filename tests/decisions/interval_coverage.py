"""Made-up validation patients whose true calibration is known, and how often the intervals hold it.

Scores are normal with the same variance in both classes, so that the log odds of the finding are
exactly linear in them: log(prevalence / (1 - prevalence)) - d^2 / 2 + d v, where d is the distance
of the classes in standard deviations. With several recordings per patient, half of the variance is
the patient's and shared by all recordings.

`python tests/decisions/interval_coverage.py` prints the table of docs/decisions.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from heartprobe.decisions.calibration import fit_calibration

#: Distances of the classes, and the AUROC that belongs to each.
AUROCS = {1.0: 0.76, 2.0: 0.92, 3.0: 0.98}


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was found over many sets of validation patients.

    Attributes:
        held: How often the intervals of new patients hold the truth.
        width: How wide they are.
        too_few: Sets with fewer than five patients of a class, for which nothing is fitted.
        without_interval: Sets with enough of both whose calibration has no interval.
    """

    held: float
    width: float
    too_few: int
    without_interval: int


def coverage(
    n_patients: int, n_recordings: int, prevalence: float, distance: float, *, draws: int, seed: int
) -> Coverage:
    """Return how often the intervals of new patients hold the truth, over the sets that have intervals."""
    rng = np.random.default_rng(seed)
    held, widths = [], []
    too_few = without_interval = 0
    for _ in range(draws):
        truth = (rng.random(n_patients) < prevalence).astype(np.float64)
        if not 5 <= truth.sum() <= n_patients - 5:
            too_few += 1
            continue
        owners = np.repeat(np.arange(n_patients), n_recordings)
        shared = 0.5 if n_recordings > 1 else 1.0
        own = rng.normal(0, np.sqrt(shared), n_patients)[owners]
        scores = distance * truth[owners] + own + rng.normal(0, np.sqrt(1 - shared), len(owners))
        calibration = fit_calibration("platt", expit(scores), truth[owners], owners)
        if calibration.interval is None:
            without_interval += 1
            continue
        new = distance * (rng.random(400) < prevalence) + rng.normal(0, 1, 400)
        true = expit(logit(prevalence) - distance**2 / 2 + distance * new)
        low, high = calibration.interval_of(expit(new))
        held.append(float(((low <= true) & (true <= high)).mean()))
        widths.append(float((high - low).mean()))
    return Coverage(float(np.mean(held)), float(np.mean(widths)), too_few, without_interval)


if __name__ == "__main__":
    for n_recordings in (1, 8):
        for n_patients in (60, 100):
            for prevalence in (0.1, 0.2, 0.5, 0.8):
                for distance, auroc in AUROCS.items():
                    found = coverage(n_patients, n_recordings, prevalence, distance, draws=400, seed=1)
                    print(
                        f"{n_recordings} {n_patients} {prevalence} {auroc}: {found.held:.3f}, width {found.width:.2f}; "
                        f"too few patients in {found.too_few} of 400, no interval in {found.without_interval}"
                    )
