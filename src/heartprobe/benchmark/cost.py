"""What a prediction costs on this machine, measured so that the models can be compared.

One recording of 20 s, from the file to the answer, on one thread of the processor. All models are
measured in turn, round after round, so that a machine that is slower for a while is slower for all
of them; the median of the rounds counts. Before each measurement the model is opened and used once.
Models that differ in the head alone cost the same and are measured once.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import soundfile
import torch

from heartprobe.data.recordings import Demographics
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.predict import Predictor
from heartprobe.predict.torch_model import TorchModel
from heartprobe.progress import Progress, SilentProgress

RECORDING_S: Final = 20.0
RATE_HZ: Final = 4000
ROUNDS: Final = 7

#: Whoever it is: a model may ask for them, and they cost nothing.
_SOMEBODY: Final = Demographics(age=50.0, sex="F", smoker=False, lives="U")


def way_of(bundle: Path) -> str:
    """Return the identity of what is computed from a recording before the head: encoder, windows, arithmetic."""
    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    content = (manifest["encoder"]["fingerprint"], manifest["front_end"], manifest["precision"])
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def measure_costs(bundles: Mapping[str, Path], *, rounds: int = ROUNDS, progress: Progress) -> JSONObject:
    """Return what one recording costs in each way.

    Args:
        bundles: A model for each way.
        rounds: How often each is measured.
        progress: Told of every measurement.

    Returns:
        `machine`, `recording_s`, `rounds` and `ways`; by way, `parameters` and `megabytes` of the encoder (as it
        is in memory), `milliseconds` (`median`, `low`, `high` over the rounds) and `processor_milliseconds`, the
        median of the time that the processor was at it, which others who use the machine change less.
    """
    measured: dict[str, list[tuple[float, float]]] = {way: [] for way in bundles}
    sizes: dict[str, JSONObject] = {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            progress.task("Measuring the time of a prediction", rounds * len(bundles), "measurements") as advance,
        ):
            recording = _write_noise(Path(folder) / "noise.wav")
            for _ in range(rounds):
                for way, bundle in bundles.items():
                    # Opened anew each time: many large encoders would not fit into memory side by side.
                    with Predictor.open(bundle, device="cpu") as predictor:
                        sizes[way] = _size(predictor)
                        _timed(predictor, recording)
                        measured[way].append(_timed(predictor, recording))
                    advance(1)
    finally:
        torch.set_num_threads(threads)
    return {
        "schema": 1,
        "machine": describe_machine(),
        "recording_s": RECORDING_S,
        "rounds": rounds,
        "ways": {way: sizes[way] | _summary(times) for way, times in measured.items()},
    }


def describe_machine() -> JSONObject:
    """Return what the times belong to."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": 1,
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def covers(costs: JSONObject, ways: Sequence[str]) -> bool:
    """Whether costs were measured on this machine and for all of these ways."""
    return costs.get("machine") == describe_machine() and set(ways) <= costs.get("ways", {}).keys()


def _write_noise(path: Path) -> Path:
    """Write a recording; how long an encoder takes does not depend on what it hears."""
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, round(RECORDING_S * RATE_HZ))
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")
    return path


def _timed(predictor: Predictor, recording: Path) -> tuple[float, float]:
    """Return the seconds of a prediction by the clock, and of the processor."""
    start = time.perf_counter(), time.process_time()
    predictor.predict([recording], demographics=_SOMEBODY, progress=SilentProgress())
    return time.perf_counter() - start[0], time.process_time() - start[1]


def _size(predictor: Predictor) -> JSONObject:
    model = predictor.model
    assert isinstance(model, TorchModel)
    weights = list(model.encoder.module.parameters())
    return {
        "encoder": model.encoder.info.name,
        "parameters": sum(weight.numel() for weight in weights),
        "megabytes": round(sum(weight.nbytes for weight in weights) / 1e6, 1),
    }


def _summary(times: Sequence[tuple[float, float]]) -> JSONObject:
    wall, processor = ([1000 * value for value in values] for values in zip(*times, strict=True))
    return {
        "milliseconds": {
            "median": round(median(wall), 2),
            "low": round(min(wall), 2),
            "high": round(max(wall), 2),
        },
        "processor_milliseconds": round(median(processor), 2),
    }


def _processor() -> str:
    """Return the model name of the processor, or its kind where the system does not tell."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
