"""Faults that can be read off the samples of one recording: clipping and flat stretches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio

#: So many equal samples in a row at the extreme of a recording are a clipped peak; Audacity's
#: *Find Clipping* starts at the same number (Audacity manual, "Find Clipping", start threshold).
CLIPPED_RUN = 3

#: How far the samples beside a clipped peak lie below it at least, in steps of the recording's
#: quantisation. A smooth peak of which three samples round to the same value falls by at most about
#: five steps to the next one, so that soft, slow or 8-bit sounds are not taken for clipped.
CLIPPED_EDGE_STEPS = 8

#: No heart is silent for so long: 30 beats a minute have a first sound every 2 s, and a second one between.
FLAT_S = 1.5


def clipped_samples(samples: NDArray[np.float32]) -> int:
    """Count the samples of clipped peaks.

    A peak is clipped where at least `CLIPPED_RUN` successive samples equal the largest (or the
    smallest) value of the recording, and the samples beside them lie clearly apart. A single sample
    at full scale is no sign of clipping, because a peak-normalised recording always has one.

    Args:
        samples: `(n,)`, not all equal.
    """
    n_clipped = 0
    for extreme in (samples.max(), samples.min()):
        # Most recordings touch their extreme once or twice: no need to look for runs.
        if np.count_nonzero(samples == extreme) < CLIPPED_RUN:
            continue
        starts, ends = _runs(samples == extreme)
        is_long = ends - starts >= CLIPPED_RUN
        starts, ends = starts[is_long], ends[is_long]
        is_clipped = _edge(samples, starts, ends) > CLIPPED_EDGE_STEPS * _quantisation_step(samples)
        n_clipped += int((ends - starts)[is_clipped].sum())
    return n_clipped


def longest_flat_s(audio: Audio) -> float:
    """Return how long the longest stretch of equal samples lasts, in seconds."""
    changes = np.flatnonzero(audio.samples[1:] != audio.samples[:-1])
    lengths = np.diff(changes, prepend=-1, append=len(audio.samples) - 1)
    return float(lengths.max()) / audio.rate_hz


def _runs(is_in: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the runs of true values start, and where they have ended (exclusive)."""
    steps = np.diff(is_in.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _edge(samples: NDArray[np.float32], starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how far the nearer of the two samples beside each run lies from it."""
    samples = samples.astype(np.float64)
    level = samples[starts]
    before = np.where(starts > 0, np.abs(samples[starts - 1] - level), np.inf)
    after = np.where(ends < len(samples), np.abs(samples[np.minimum(ends, len(samples) - 1)] - level), np.inf)
    return np.minimum(before, after)


def _quantisation_step(samples: NDArray[np.float32]) -> float:
    """Return the smallest distance between two values of the recording."""
    return float(np.diff(np.unique(samples).astype(np.float64)).min())
