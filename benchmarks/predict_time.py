"""How long the answer about one recording takes, once the model is open.

    python benchmarks/predict_time.py [--bundle RUN/bundle] [--seconds 20] [--times 50]

A synthetic recording at 4 kHz is predicted again and again as `heartprobe predict` does it: read, judged (quality,
heart rate), heard, classified, decided. Printed are the median and nine in ten, and what of it the judging takes. On a
machine that is busy with other things, the time of computing (of all threads together) is the fairer one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from heartprobe.audio import read_audio
from heartprobe.data.synthetic import write_synthetic
from heartprobe.predict import Predictor
from heartprobe.progress import SilentProgress
from heartprobe.signal.quality import assess


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--times", type=int, default=50)
    given = parser.parse_args()
    predictor = Predictor.open(given.bundle) if given.bundle else Predictor.shipped()
    with tempfile.TemporaryDirectory() as folder:
        data = write_synthetic(
            Path(folder) / "data", n_patients=2, seed=1, duration_s=given.seconds, progress=SilentProgress()
        )
        file = min(data.rglob("*.wav"))
        audio = read_audio(file)
        tell("one answer", given.times, lambda: predictor.predict([file], uses_poor=True))
        tell("of it, quality and heart rate", given.times, lambda: assess(audio))
    print(f"{torch.get_num_threads()} threads")


def tell(what: str, times: int, do: Callable[[], object]) -> None:
    """Print how long something takes."""
    do()
    taken, computed = [], time.process_time()
    for _ in range(times):
        started = time.perf_counter()
        do()
        taken.append(1000 * (time.perf_counter() - started))
    computed = 1000 * (time.process_time() - computed) / times
    quantile = np.quantile(taken, 0.9)
    print(
        f"{what}: median {np.median(taken):.0f} ms, nine in ten below {quantile:.0f} ms; {computed:.0f} ms of computing"
    )


if __name__ == "__main__":
    main()
