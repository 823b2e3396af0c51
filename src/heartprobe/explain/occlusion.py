"""Take away one part of a recording after the other, and ask again.

M. D. Zeiler, R. Fergus: Visualizing and Understanding Convolutional Networks. ECCV 2014, 818-833,
doi:10.1007/978-3-319-10590-1_53; section 4.2, with parts of a spectrogram for the parts of an image.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.explain.quieting import Part, Quieting
from heartprobe.progress import Progress, SilentProgress

#: The log odds of a finding in a recording; asked from several threads.
Ask = Callable[[Audio], float]


def occlude(
    quieting: Quieting,
    parts: Sequence[Part],
    ask: Ask,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[float, NDArray[np.float64]]:
    """Return the log odds of the whole recording, and by how much they fall without each part, `(parts,)`.

    The answer does not depend on the number of threads. What `progress` raises ends it: parts that
    are asked about are finished, no others are begun.

    Args:
        quieting: The recording.
        parts: What is taken away, one after the other.
        ask: The model.
        threads: Parts that are asked about at once; by default one per core.
        progress: Told of every part.
    """
    whole = ask(quieting.audio)
    listener = progress or SilentProgress()
    effect = np.empty(len(parts))
    pool = ThreadPoolExecutor(threads or os.cpu_count())
    try:
        with listener.task("Taking away part after part", len(parts), "parts") as advance:
            answers = pool.map(lambda part: ask(quieting.without(part)), parts)
            for i, answer in enumerate(answers):
                effect[i] = whole - answer
                advance(1)
    finally:
        pool.shutdown(cancel_futures=True)
    return whole, effect
