"""Which lesions patient number k has, and the patient of a seed and a number."""

from __future__ import annotations

from typing import Final

import numpy as np

from heartprobe.data.synthetic.patient import SyntheticPatient, random_patient

#: Lesions of 24 patients in three groups of eight. Each group has healthy hearts and every
#: lesion, the first group each of them twice, so that a tiny data set can be trained on; all 24 together have
#: about the shares of BMD-HS (of 100 patients: 19 healthy, 34 AS, 40 AR, 35 MR, 35 MS, 46 with several).
_GROUPS: Final[tuple[tuple[tuple[str, ...], ...], ...]] = (
    ((), (), ("AS",), ("AR",), ("MR",), ("MS",), ("AS", "AR"), ("MR", "MS")),
    ((), (), ("AS",), ("MR",), ("MS",), ("AS", "AR"), ("AS", "AR"), ("AR", "MR", "MS")),
    ((), ("AR",), ("MR",), ("AS", "AR"), ("MR", "MS"), ("AR", "MR"), ("AS", "MS"), ("AS", "AR", "MR", "MS")),
)

_GROUP_SIZE: Final = 8

#: Streams of a seed: the order within groups, and the patients.
_ORDER_STREAM, _PATIENT_STREAM = 0, 1


def lesions_of(number: int, seed: int) -> tuple[str, ...]:
    """Return the lesions of patient `number` (from 0): empty for a healthy heart.

    The seed decides the order within each group of eight; the answer does not depend on how many
    patients there are.
    """
    group, place = divmod(number, _GROUP_SIZE)
    order = _stream(seed, _ORDER_STREAM, group).permutation(_GROUP_SIZE)
    return _GROUPS[group % len(_GROUPS)][order[place]]


def synthetic_patient(number: int, seed: int, *, grades: tuple[float, float] = (1.0, 5.0)) -> SyntheticPatient:
    """Return patient `number` (from 0) of a seed, the same however many patients there are."""
    return random_patient(lesions_of(number, seed), _stream(seed, _PATIENT_STREAM, number), grades=grades)


def recording_stream(number: int, seed: int, position: int) -> np.random.Generator:
    """Return the generator of the recording of patient `number` at the position of this index."""
    return _stream(seed, _PATIENT_STREAM, number, position)


def _stream(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
