"""Many recordings as one tensor of equalised bands, and crops out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.encoders.pcg.bands import EqualisedBands


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """Recordings one after the other.

    Attributes:
        levels: `(frames, bands)`, half precision, each recording with a mean of zero per band.
        starts: `(recordings + 1,)`, where each begins and the last ends.
    """

    levels: Tensor
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of recordings."""
        return len(self.starts) - 1

    def crop(self, recordings: NDArray[np.int64], n_frames: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return random crops; a shorter recording is repeated to fill one.

        Args:
            recordings: `(batch,)`, which ones.
            n_frames: Length of a crop.
            rng: Decides where each begins.

        Returns:
            `(batch, n_frames, bands)` in float32, and `(batch, n_frames)`: which rows of `levels` these are.
        """
        rows = []
        for recording in recordings:
            first, end = int(self.starts[recording]), int(self.starts[recording + 1])
            begin = int(rng.integers(0, max(end - first - n_frames, 0) + 1))
            rows.append(first + (begin + torch.arange(n_frames)) % (end - first))
        chosen = torch.stack(rows) if rows else torch.zeros((0, n_frames), dtype=torch.int64)
        return self.levels[chosen].float(), chosen


def spectra_of(sounds: Iterable[NDArray[np.floating]], architecture: Architecture) -> Spectra:
    """Return the spectra of sounds at the rate of the architecture."""
    bands = EqualisedBands(architecture)
    with torch.inference_mode():
        levels = [bands(torch.from_numpy(np.asarray(sound, dtype=np.float32))[None])[0].half() for sound in sounds]
    starts = np.cumsum([0, *(len(level) for level in levels)])
    # Cloned outside of inference mode, so that autograd may read it.
    return Spectra(torch.cat(levels).clone(), starts)
