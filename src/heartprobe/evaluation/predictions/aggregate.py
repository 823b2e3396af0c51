"""From windows to recordings, and from recordings to patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.predictions.finding_space import flip_normal

Probabilities = NDArray[np.float64]

#: Rules that need nothing but the patient's own recordings.
SimpleRule = Literal["mean", "median", "max", "noisy-or"]


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
    return reduced(window_probabilities, recording_ids, _mean)


def patient_probabilities(
    recordings: Probabilities, patient_ids: Sequence[str], labels: Sequence[str], rule: SimpleRule = "mean"
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
    if rule in ("mean", "median"):
        # They are the same in both directions; turning them round would only add rounding.
        return reduced(recordings, patient_ids, RULES[rule])
    patients, findings = reduced(flip_normal(recordings, labels), patient_ids, RULES[rule])
    return patients, flip_normal(findings, labels)


def _mean(values: Probabilities) -> Probabilities:
    return np.asarray(values.mean(axis=0))


def _noisy_or(values: Probabilities) -> Probabilities:
    return np.asarray(1.0 - np.prod(1.0 - values, axis=0))


#: Each rule turns P(finding) of a patient's recordings, `(recordings, labels)`, into `(labels,)`.
RULES: Final[Mapping[SimpleRule, Callable[[Probabilities], Probabilities]]] = {
    "mean": _mean,
    "median": lambda values: np.median(values, axis=0),
    "max": lambda values: values.max(axis=0),
    "noisy-or": _noisy_or,
}


def reduced(
    values: Probabilities, ids: Sequence[str], reduce: Callable[[Probabilities], Probabilities]
) -> tuple[tuple[str, ...], Probabilities]:
    """Reduce the rows of each id to one.

    Args:
        values: `(rows, columns)`.
        ids: Whose each row is.
        reduce: Turns `(rows of an id, columns)` into `(columns,)`.

    Returns:
        The ids in the order of their first row, and a row for each.
    """
    rows: dict[str, list[int]] = {}
    for row, identity in enumerate(ids):
        rows.setdefault(identity, []).append(row)
    if len(ids) != len(values):
        raise ValueError(f"{len(values)} rows of probabilities do not belong to {len(ids)} ids")
    of_ids = [reduce(np.asarray(values[members], dtype=np.float64)) for members in rows.values()]
    return tuple(rows), np.array(of_ids, dtype=np.float64).reshape(len(rows), values.shape[1])
