"""What turns windows into probabilities, whatever computes it."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.recordings import Demographics

#: What computes: torch, which needs the encoder; or onnxruntime, which needs an exported model and no torch.
Runtime = Literal["torch", "onnx"]


class WindowModel(Protocol):
    """An encoder and a classifier as one function; may be called from several threads at once."""

    def probabilities(self, windows: NDArray[np.float32], demographics: Demographics) -> NDArray[np.float64]:
        """Return the probability that each label is 1, `(windows, labels)`, uncalibrated.

        A window's result does not depend on the others.

        Args:
            windows: `(windows, samples)` at the encoder's rate, as `FrontEnd.cut` gives them.
            demographics: Of the patient; must be known where the model uses them.
        """
        ...
