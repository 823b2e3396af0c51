"""Draw patients with replacement, each with everything that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """How often each patient counts: in the sample, in every draw, and with one patient left out.

    A patient is drawn whole: all recordings, all labels, all repeats. Recordings of one patient
    are alike, so drawing recordings would make intervals too narrow (Field and Welsh,
    J R Stat Soc B 2007; 69:369). What is computed from all columns alike gives the estimate, its
    bootstrap and its jackknife together.

    Attributes:
        weights: Whole numbers, shape `(patients, 1 + draws + patients)`.
        draws: How many of the columns are draws.
    """

    weights: NDArray[np.float64]
    draws: int

    @classmethod
    def of(cls, n_patients: int, *, draws: int, seed: int) -> Resamples:
        """Draw as many patients as there are, `draws` times."""
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(n_patients, np.full(n_patients, 1 / n_patients), size=draws).T
        everybody = np.ones((n_patients, 1))
        return cls(np.concatenate([everybody, drawn, 1 - np.eye(n_patients)], axis=1), draws)

    def parts(self, columns: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Divide what was computed from all columns: of the sample, of the draws, and without each patient."""
        return float(columns[0]), columns[1 : 1 + self.draws], columns[1 + self.draws :]
