"""Reliability in bins: of those who were given such a probability, how many have the finding.

Bins hold equally many patients. The expected calibration error (ECE) is the mean distance between the probability
and the observed share over bins, weighted by their patients. It is biased upwards: by chance alone, the share in a
bin of ten differs from the probability, for a perfectly calibrated model most of all (Bröcker, Clim Dyn 2012;
39:655. Roelofs and others, AISTATS 2022). So it always stands beside the ECE that a perfectly calibrated model
would have: one that gave the same probabilities, and whose patients fell ill with just these (consistency
resampling; Bröcker and Smith, Weather Forecast 2007; 22:651).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.metrics.intervals import clopper_pearson
from heartprobe.evaluation.metrics.measured import whole_number
from heartprobe.evaluation.quality.finding_answers import Flags

_MOST_BINS: Final = 10

#: Patients that a bin should have at least: with fewer, the share in it tells next to nothing.
_PATIENTS_PER_BIN: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """Probabilities of one repeat, in bins.

    Attributes:
        probability: P(finding), shape `(patients,)`.
        is_ill: The truth, shape `(patients,)`.
        owner: Who it is, shape `(patients,)`.
        members: 1 for the patients of each bin, shape `(bins, patients)`. A bin may have none.
    """

    probability: NDArray[np.float64]
    is_ill: Flags
    owner: NDArray[np.intp]
    members: NDArray[np.float64]

    @classmethod
    def of(cls, probability: NDArray[np.float64], is_ill: Flags, owner: NDArray[np.intp]) -> Binned:
        """Divide patients into bins by the order of their probabilities; equal ones stay together."""
        n = len(probability)
        n_bins = min(_MOST_BINS, max(1, n // _PATIENTS_PER_BIN))
        bins = np.floor((rankdata(probability) - 0.5) * n_bins / n)
        return cls(probability, is_ill, owner, (bins == np.arange(n_bins)[:, np.newaxis]).astype(np.float64))

    def truths(self, fates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return who would have the finding if the probabilities were right.

        Args:
            fates: Uniform random numbers of all patients, `(all patients, truths)`.
        """
        return (fates[self.owner] < self.probability[:, np.newaxis]).astype(np.float64)

    def ece(self, truths: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the expected calibration error for each of several truths, `(patients, truths)`."""
        surplus = self.members @ (self.probability[:, np.newaxis] - truths)
        return np.asarray(np.abs(surplus).sum(axis=0) / len(self.probability))


def ece_entry(repeats: Sequence[Binned], *, seed: int, draws: int) -> JSONObject:
    """Return the ECE beside the one that a perfectly calibrated model would have.

    Args:
        repeats: Of one label; each with patients.
        seed: Of the simulated truths.
        draws: How many truths are simulated. A patient has one in each, the same in all repeats.

    Returns:
        `value`, `bins` and `n`; `expected_if_calibrated` and `upper_if_calibrated`, the mean of the simulated ECEs
        and the value that 95 % of them do not exceed.
    """
    value = np.mean([binned.ece(binned.is_ill[:, np.newaxis].astype(np.float64))[0] for binned in repeats])
    n_patients = 1 + max(int(binned.owner.max()) for binned in repeats)
    fates = np.random.default_rng(seed).random((n_patients, draws))
    simulated = np.mean([binned.ece(binned.truths(fates)) for binned in repeats], axis=0)
    return {
        "value": float(value),
        "bins": len(repeats[0].members),
        "expected_if_calibrated": float(simulated.mean()),
        "upper_if_calibrated": float(np.quantile(simulated, 0.95)),
        "n": whole_number(float(np.mean([len(binned.probability) for binned in repeats]))),
    }


def reliability_points(repeats: Sequence[Binned]) -> list[JSONObject]:
    """Return the bins, least probable first, with the exact interval of the observed share.

    With several repeats, the patients of a bin are those of all repeats, and their number is the mean: the interval
    is that of one repeat, as repeats add no patients.
    """
    size, ill, expected = np.sum(
        [
            np.stack([binned.members.sum(axis=1), binned.members @ binned.is_ill, binned.members @ binned.probability])
            for binned in repeats
        ],
        axis=0,
    )
    return [_point(*sums, len(repeats)) for sums in zip(size, ill, expected, strict=True) if sums[0] > 0]


def _point(size: float, ill: float, expected: float, n_repeats: int) -> JSONObject:
    interval = clopper_pearson(ill / n_repeats, size / n_repeats)
    return {
        "mean_probability": float(expected / size),
        "observed": float(ill / size),
        "low": interval.low,
        "high": interval.high,
        "n": whole_number(size / n_repeats),
    }
