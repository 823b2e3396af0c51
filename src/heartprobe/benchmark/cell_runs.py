"""Running every cell of a benchmark, one after the other, whatever becomes of the others."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from heartprobe.benchmark.cells import Cell, Plan
from heartprobe.benchmark.sites import tested_sites
from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError, HeartprobeError, did_you_mean
from heartprobe.evaluation.predictions.table import read_predictions
from heartprobe.experiment import run_experiment
from heartprobe.machine import Machine
from heartprobe.progress import Progress
from heartprobe.run_folder import RunFolder

#: Reads the data sets of a task, with the settings of one of its cells.
ReadTask = Callable[[str, Config], RecordingSet]


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that came to nothing, and why in one sentence."""

    task: str
    entry: str
    reason: str


def read_tasks(plan: Plan, read: ReadTask) -> dict[str, RecordingSet]:
    """Return the recordings of every task; what is wrong with them is found before anything long is begun.

    Raises:
        DataError: If a data set is not there or cannot be believed.
        ConfigError: If a group names a site that a task does not test, or there is but one.
    """
    recordings = {}
    for name, task in plan.tasks.items():
        recordings[name] = read(name, plan.of_task(name)[0].config)
        sites = tested_sites(recordings[name], task.test_sets)
        for group, members in task.site_groups.items():
            unknown = [site for site in members if site not in sites]
            if unknown:
                raise ConfigError(
                    f"The site group {group!r} of the task {name!r} names {unknown[0]!r}."
                    f"{did_you_mean(unknown[0], sites)} It tests {', '.join(sites)}."
                )
        if task.test_sets and task.site_groups and len(sites) == 1:
            raise ConfigError(f"The task {name!r} has site_groups, but tests one site, {sites[0]}. Leave them out.")
    return recordings


def run_cells(
    plan: Plan, recordings: Mapping[str, RecordingSet], out: Path, *, machine: Machine, progress: Progress
) -> list[Failure]:
    """Run every cell that has not been run, and return those that failed.

    A finished cell is not touched, and an interrupted one goes on where it stopped.

    Args:
        plan: What is to be run.
        recordings: Of each task.
        out: The folder of the benchmark.
        machine: Device, threads and cache.
        progress: Told of everything that takes long.
    """
    failures = []
    for number, cell in enumerate(plan.cells, start=1):
        which = f"Cell {number} of {len(plan.cells)}: {cell.entry} on {cell.task}"
        try:
            if is_finished(cell, recordings[cell.task], out):
                progress.note(f"{which} is there already.")
                continue
            progress.note(f"{which}.")
            run_experiment(
                cell.config,
                recordings[cell.task],
                out / cell.folder,
                machine=machine,
                progress=progress,
            )
        except HeartprobeError as error:
            failures.append(Failure(cell.task, cell.entry, str(error)))
        except Exception as error:
            # A mistake in the program; the cells that are left may need the night that is left.
            progress.note(traceback.format_exc())
            failures.append(Failure(cell.task, cell.entry, f"unexpected {type(error).__name__}: {error}"))
        else:
            continue
        progress.note(f"{which} failed: {failures[-1].reason}")
    return failures


def is_finished(cell: Cell, recordings: RecordingSet, out: Path) -> bool:
    """Whether a cell has been run to its end, with its settings, on as many recordings and on these patients.

    That the sounds are the same is not looked at: it would take as long as reading them all.

    Raises:
        ConfigError: If its folder holds something else.
    """
    folder = out / cell.folder
    RunFolder.check(folder, cell.config)
    if not (folder / "report.json").is_file() or (folder / "unfinished").exists():
        return False
    n_read = json.loads((folder / "report.json").read_text(encoding="utf-8"))["data"]["recordings_read"]
    if n_read != len(recordings.recordings):
        raise ConfigError(
            f"{folder} holds the results of the same settings on other recordings ({n_read} then, "
            f"{len(recordings.recordings)} now); name another folder with --out, or remove it."
        )
    predictions = read_predictions(folder / "predictions.csv")
    patients = predictions[(predictions["level"] == "patient") & predictions["truth"].notna()]
    found = set(zip(patients["patient_id"], patients["label"], patients["truth"].astype(int), strict=True))
    known = {(p, label, value) for p, patient in recordings.patients.items() for label, value in patient.labels.items()}
    if not found <= known:
        patient, label, _ = min(found - known)
        raise ConfigError(
            f"{folder} holds the results of the same settings on other recordings (see {label} of {patient}); "
            "name another folder with --out, or remove it."
        )
    return True
