"""A folder of small recordings, some of them broken, and a model to predict them with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from heart_like_sounds import beating, to_16_bit

RATE_HZ = 2000


def write_tree(folder: Path, n_recordings: int, broken: int, *, per_folder: int = 20, seconds: float = 4.0) -> None:
    """Write recordings into numbered folders; the broken ones lie evenly among them.

    A broken one is in turn no sound file, broken off, silent, and without a heartbeat.
    """
    wrong = np.linspace(0, n_recordings - 1, broken + 2).astype(int)[1:-1].tolist()
    for index in range(n_recordings):
        path = folder / f"{index // per_folder:03d}" / f"R{index:04d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = to_16_bit(beating(50 + index % 60, seconds, rate_hz=RATE_HZ, noise=0.03, seed=index))
        soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")
        if index in wrong:
            _break(path, wrong.index(index) % 4)


def _break(path: Path, way: int) -> None:
    content = path.read_bytes()
    if way == 0:
        path.write_bytes(b"no sound")
    elif way == 1:
        path.write_bytes(content[: len(content) // 2])
    elif way == 2:
        soundfile.write(path, np.zeros(RATE_HZ * 4), RATE_HZ, subtype="PCM_16")
    else:
        noise = np.random.default_rng(0).standard_normal(RATE_HZ * 6) / 6
        soundfile.write(path, noise, RATE_HZ, subtype="PCM_16")
