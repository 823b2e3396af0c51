"""From windows to recordings, and from recordings to patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.config.schema import PatientRule
from heartprobe.labels import finding_value

Probabilities = NDArray[np.float64]


def recording_probabilities(
    window_probabilities: Probabilities, recording_ids: Sequence[str]
) -> tuple[tuple[str, ...], Probabilities]:
    """Return the mean of each recording's windows.

    Args:
        window_probabilities: P(label = 1), shape `(windows, labels)`.
        recording_ids: The recording of each window.

    Returns:
        The recordings in the order of their first window, and their probabilities, shape
        `(recordings, labels)`.
    """
    return _reduced(window_probabilities, recording_ids, _mean)


def patient_probabilities(
    recordings: Probabilities, patient_ids: Sequence[str], labels: Sequence[str], rule: PatientRule = "mean"
) -> tuple[tuple[str, ...], Probabilities]:
    """Return the patients' probabilities from those of their recordings.

    A rule works on the probability of the *finding*: with `max`, a patient is as ill as the most
    conspicuous recording, so P(normal) becomes the smallest of the recordings'.

    Args:
        recordings: P(label = 1), shape `(recordings, labels)`.
        patient_ids: The patient of each recording.
        labels: The labels of the columns.
        rule: `mean`, `median`, `max`, or `noisy-or` (1 minus the product of the complements: ill
            unless every recording missed it; Pearl, *Probabilistic Reasoning*, 1988).

    Returns:
        The patients in the order of their first recording, and their probabilities, shape
        `(patients, labels)`.
    """
    # Mean and median are the same in both directions; turning them round would only add rounding.
    is_flipped = np.array(
        [finding_value(label) == 0 and rule not in ("mean", "median") for label in labels], dtype=bool
    )
    findings = np.where(is_flipped, 1.0 - recordings, recordings)
    patients, reduced = _reduced(findings, patient_ids, RULES[rule])
    return patients, np.where(is_flipped, 1.0 - reduced, reduced)


def _mean(values: Probabilities) -> Probabilities:
    return np.asarray(values.mean(axis=0))


def _noisy_or(values: Probabilities) -> Probabilities:
    return np.asarray(1.0 - np.prod(1.0 - values, axis=0))


#: Each rule turns P(finding) of a patient's recordings, `(recordings, labels)`, into `(labels,)`.
RULES: Final[Mapping[PatientRule, Callable[[Probabilities], Probabilities]]] = {
    "mean": _mean,
    "median": lambda values: np.median(values, axis=0),
    "max": lambda values: values.max(axis=0),
    "noisy-or": _noisy_or,
}


def _reduced(
    values: Probabilities, ids: Sequence[str], reduce: Callable[[Probabilities], Probabilities]
) -> tuple[tuple[str, ...], Probabilities]:
    rows: dict[str, list[int]] = {}
    for row, identity in enumerate(ids):
        rows.setdefault(identity, []).append(row)
    if len(ids) != len(values):
        raise ValueError(f"{len(values)} rows of probabilities do not belong to {len(ids)} ids")
    reduced = [reduce(np.asarray(values[members], dtype=np.float64)) for members in rows.values()]
    return tuple(rows), np.array(reduced, dtype=np.float64).reshape(len(rows), values.shape[1])
