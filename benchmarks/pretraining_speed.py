"""How long a step of a pre-training takes, by one process and by two.

    python benchmarks/pretraining_speed.py [--keep]

Steps of the default settings are timed in three ways: one process with one thread, one process with two threads, two
processes with one thread each. The ways take turns, three times ten steps each, so that all see the same machine; two
more at the beginning of each turn and one at its end are not counted. What is heard is noise and a few synthetic
patients, because the values do not matter. Printed are the median and the quartiles, the time of computing per step (of
all threads and processes together, the median of the turns; it needs Linux), that of making a batch, which every
process does for itself, and how many processes wanted to run meanwhile (the load, of which one or two are these): on a
machine that is busy with other things, the time that passes says what was left of it, and the time of computing is the
fairer figure. With --keep, the figures go to `pretraining_speed.json` beside this file, and into docs/pretraining.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from speed_table import with_speed

from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.loop import take_steps
from heartprobe.pretraining.processes.together import take_steps_together
from heartprobe.pretraining.real_material import RealMaterial
from heartprobe.pretraining.settings import MaterialSettings, PretrainingSettings, ScheduleSettings
from heartprobe.pretraining.spectra import Spectra
from heartprobe.pretraining.state import TrainingState
from heartprobe.pretraining.synthetic_material import synthetic_material
from heartprobe.progress import SilentProgress

KEPT = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "pretraining.md"
TURNS, COUNTED, NOT_COUNTED = 3, 10, 2
#: Processes, and threads of each.
WAYS = ((1, 1), (1, 2), (2, 1))

SETTINGS = PretrainingSettings(
    material=MaterialSettings(synthetic_patients=10), schedule=ScheduleSettings(steps=NOT_COUNTED + COUNTED + 1)
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="put figures and table into the repository")
    given = parser.parse_args()
    batches = Batches(
        noise(40, 1250, SETTINGS.architecture.n_bands),
        synthetic_material(SETTINGS.material, SETTINGS.architecture, SilentProgress()),
        SETTINGS,
    )
    seconds: dict[tuple[int, int], list[float]] = {way: [] for way in WAYS}
    computing: dict[tuple[int, int], list[float]] = {way: [] for way in WAYS}
    loads, making = [], []
    for _ in range(TURNS):
        making.append(making_a_batch(batches))
        for processes, threads in WAYS:
            passed, computed = timed_steps(batches, processes, threads)
            seconds[processes, threads] += passed
            computing[processes, threads].append(computed)
            loads.append(os.getloadavg()[0])
    result = {
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "load": {"median": round(float(np.median(loads)), 1), "largest": round(max(loads), 1)},
        "batch_ms": round(1000 * float(np.median(making))),
        "steps": [row(*way, seconds[way], computing[way]) for way in WAYS],
    }
    print(json.dumps(result, indent=2))
    if given.keep:
        KEPT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        PAGE.write_text(with_speed(PAGE.read_text(encoding="utf-8"), result), encoding="utf-8")


def row(processes: int, threads: int, seconds: list[float], computing: list[float]) -> dict[str, Any]:
    """Return what is told of a way."""
    low, median, high = (round(1000 * float(value)) for value in np.quantile(seconds, (0.25, 0.5, 0.75)))
    counts = {"processes": processes, "threads_each": threads, "timed": len(seconds)}
    computed = round(1000 * float(np.median(computing)))
    return counts | {"median_ms": median, "quartiles_ms": [low, high], "computing_ms": computed}


def making_a_batch(batches: Batches) -> float:
    """Return the mean time of computing, in s, that a batch takes with one thread."""
    torch.set_num_threads(1)
    batches.step(0)
    begun = time.process_time()
    for number in range(1, COUNTED + 1):
        batches.step(number)
    return (time.process_time() - begun) / COUNTED


def timed_steps(batches: Batches, processes: int, threads: int) -> tuple[list[float], float]:
    """Return the seconds of each step that is counted, and the mean time of computing of these."""
    ends: list[float] = []
    computed: list[float] = []

    def advance(_: int) -> None:
        if len(ends) == NOT_COUNTED + COUNTED:
            return  # after the last step processes end, and their times with them
        ends.append(time.perf_counter())
        computed.append(time.process_time() if processes == 1 else computed_by_children())

    run = alone if processes == 1 else several
    run(batches, processes, threads, advance)
    passed = [after - before for before, after in itertools.pairwise(ends)][NOT_COUNTED - 1 :]
    return passed, (computed[-1] - computed[NOT_COUNTED - 1]) / COUNTED


def computed_by_children() -> float:
    """Return the seconds that the processes of this one have computed, as Linux tells."""
    here = os.getpid()
    children = Path(f"/proc/{here}/task/{here}/children").read_text().split()
    # After the name in parentheses come the fields from the third on; the 14th and the 15th are ticks.
    fields = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in children]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


def alone(batches: Batches, _processes: int, threads: int, advance: Callable[[int], None]) -> None:
    torch.set_num_threads(threads)
    state = TrainingState(SETTINGS, torch.device("cpu"))
    take_steps(state, batches, advance=advance, note=lambda _: None, keep=lambda: None)


def several(batches: Batches, processes: int, threads: int, advance: Callable[[int], None]) -> None:
    torch.set_num_threads(threads)
    cpu = torch.device("cpu")
    with tempfile.TemporaryDirectory() as folder:
        take_steps_together(
            TrainingState(SETTINGS, cpu),
            batches,
            processes=processes,
            device=cpu,
            unfinished=Path(folder),
            made_for="timing",
            advance=advance,
            note=lambda _: None,
        )


def noise(n_recordings: int, n_frames: int, n_bands: int) -> RealMaterial:
    """Return recordings of noise from four sites, every second one abnormal."""
    levels = torch.randn(n_recordings * n_frames, n_bands, generator=torch.Generator().manual_seed(0)).half()
    numbers = np.arange(n_recordings)
    sites = np.array(SETTINGS.material.labelled_sites)[numbers // 2 % 4]
    spectra = Spectra(levels, np.arange(n_recordings + 1) * n_frames)
    return RealMaterial(spectra, sites, numbers % 2 == 1, np.ones(n_recordings, dtype=bool))


if __name__ == "__main__":
    main()
