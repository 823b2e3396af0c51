"""Whose recordings are, and where they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.recordings import RecordingSet


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """The recordings of one or several patients.

    Attributes:
        patient_ids: Whose each recording is, `(recordings,)`.
        positions: Where each was made, such as `"sup_Mit"`; `None` where that is unknown, `(recordings,)`.
    """

    patient_ids: tuple[str, ...]
    positions: tuple[str | None, ...]

    @classmethod
    def of(cls, recording_ids: Sequence[str], recordings: RecordingSet) -> Self:
        """Look up recordings in their data set."""
        known = {recording.recording_id: recording for recording in recordings.recordings}
        found = [known[recording_id] for recording_id in recording_ids]
        positions = tuple(None if r.position is None else str(r.position) for r in found)
        return cls(tuple(r.patient_id for r in found), positions)

    @property
    def patients(self) -> tuple[str, ...]:
        """The patients, in the order of their first recording."""
        return tuple(dict.fromkeys(self.patient_ids))

    @property
    def owners(self) -> NDArray[np.intp]:
        """Which of `patients` each recording is of, `(recordings,)`."""
        number = {patient: i for i, patient in enumerate(self.patients)}
        return np.array([number[patient] for patient in self.patient_ids], dtype=np.intp)

    def where(self, is_kept: NDArray[np.bool_]) -> Self:
        """Return some of the recordings.

        Args:
            is_kept: `(recordings,)`.
        """
        rows = np.flatnonzero(is_kept)
        return type(self)(tuple(self.patient_ids[row] for row in rows), tuple(self.positions[row] for row in rows))
