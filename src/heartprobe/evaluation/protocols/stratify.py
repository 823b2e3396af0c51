"""Divide patients so that every part gets its share of every combination of labels.

The patients are put in one order in which those of a combination stand together, the commonest
combination first and the rare ones together at the end, shuffled within a combination. Parts are
then taken from that order at even distances (systematic sampling; Cochran, *Sampling Techniques*,
3rd ed. 1977, chapter 8). Whatever stands together, be it one combination or the pool of those
that have fewer patients than there are parts, is thereby shared out to within one patient, and so
are the parts themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

#: The known and unknown (`None`) values of one patient's labels.
Combination = tuple[int | None, ...]


def stratified_order(combinations: Mapping[str, Combination], rng: np.random.Generator) -> tuple[str, ...]:
    """Return the patients with equal combinations side by side, the commonest combination first.

    Args:
        combinations: Labels of each patient, by patient id; its order does not matter. An
            unknown label is a value of its own, apart from 0.
        rng: Shuffles the patients of a combination.
    """
    strata: dict[Combination, list[str]] = defaultdict(list)
    for patient_id in sorted(combinations):
        strata[combinations[patient_id]].append(patient_id)
    by_size = sorted(strata.items(), key=lambda item: (-len(item[1]), _sort_key(item[0])))
    return tuple(patients[i] for _, patients in by_size for i in rng.permutation(len(patients)))


def deal(order: Sequence[str], n_parts: int) -> tuple[tuple[str, ...], ...]:
    """Deal patients like cards to `n_parts` parts; each part is returned sorted."""
    return tuple(tuple(sorted(order[part::n_parts])) for part in range(n_parts))


def draw(order: Sequence[str], size: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Take `size` of the patients at even distances from a random start, sorted.

    Positions are `(i * n + start) // size`: whole numbers, so rounding cannot disturb them.
    """
    start = int(rng.integers(len(order)))
    return tuple(sorted(order[(i * len(order) + start) // size] for i in range(size)))


def _sort_key(combination: Combination) -> tuple[int, ...]:
    return tuple(-1 if value is None else value for value in combination)
