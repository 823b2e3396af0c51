"""Window probabilities with the recordings that the windows are from: what a trained model says of patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heartprobe.evaluation.predictions.aggregate import recording_probabilities


@dataclass(frozen=True, slots=True, eq=False)
class WindowProbabilities:
    """What a model says of each window.

    Attributes:
        recording_ids: The recording of each window, `(windows,)`.
        probabilities: P(label = 1), `(windows, labels)`; NaN where the model could not learn a label.
    """

    recording_ids: tuple[str, ...]
    probabilities: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.probabilities.ndim != 2 or len(self.probabilities) != len(self.recording_ids):
            raise ValueError(
                f"probabilities of shape {self.probabilities.shape} do not belong to {len(self.recording_ids)} windows"
            )

    def of_labels(self, columns: list[int]) -> WindowProbabilities:
        """Return some of the label columns, in the order given."""
        return WindowProbabilities(self.recording_ids, np.ascontiguousarray(self.probabilities[:, columns]))

    def of_recordings(self) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return the recordings in the order of their first window, and the means of their windows.

        A label that any window of a recording lacks is NaN in the recording.
        """
        return recording_probabilities(self.probabilities, self.recording_ids)
