"""The whole benchmark: every cell, the leaderboard, the cost, and the pages that show them.

OUT/
  runs/TASK/ENTRY-DIGEST/   an ordinary run folder for each cell
  leaderboard.json          the tables, without times and without paths: the same runs, the same bytes
  cost.json                 what a prediction costs on this machine
  leaderboard.md, leaderboard.html, leaderboard.svg
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heartprobe.atomic import write_text
from heartprobe.benchmark.cell_runs import Failure, ReadTask, read_tasks, run_cells
from heartprobe.benchmark.cells import Plan
from heartprobe.benchmark.cost import covers, measure_costs
from heartprobe.benchmark.leaderboard import build_leaderboard
from heartprobe.benchmark.page import compose, panels
from heartprobe.benchmark.picture import draw_file
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.report.html import to_html
from heartprobe.evaluation.report.markdown import to_markdown
from heartprobe.machine import Machine
from heartprobe.progress import Progress
from heartprobe.run_folder import to_json

LEADERBOARD = "leaderboard.json"
COST = "cost.json"


@dataclass(frozen=True, slots=True)
class Result:
    """What a benchmark came to.

    Attributes:
        leaderboard: As it stands in `leaderboard.json`.
        costs: As they stand in `cost.json`.
        failures: Cells without a result.
    """

    leaderboard: JSONObject
    costs: JSONObject
    failures: Sequence[Failure]


def run_benchmark(plan: Plan, out: Path, *, read: ReadTask, machine: Machine, progress: Progress) -> Result:
    """Run every cell that has not been run, and leave the leaderboard.

    Args:
        plan: What is to be run.
        out: The folder of the benchmark; one that was interrupted goes on.
        read: Reads the data sets of a task.
        machine: Device, threads and cache.
        progress: Told of everything that takes long.
    """
    recordings = read_tasks(plan, read)
    failures = run_cells(plan, recordings, out, machine=machine, progress=progress)
    leaderboard = build_leaderboard(plan, recordings, out, failures)
    write_text(out / LEADERBOARD, to_json(leaderboard))
    costs = _costs(leaderboard, out, progress)
    write_pages(leaderboard, costs, out)
    return Result(leaderboard, costs, failures)


def write_pages(leaderboard: JSONObject, costs: JSONObject, folder: Path) -> None:
    """Write `leaderboard.md`, `leaderboard.html` and `leaderboard.svg`."""
    document = compose(leaderboard, costs)
    pictures = panels(leaderboard, costs)
    head, separator, sections = to_markdown(document).partition("\n## ")
    if pictures:
        write_text(folder / "leaderboard.svg", draw_file(pictures))
        head += "\n![Quality against cost](leaderboard.svg)\n"
    write_text(folder / "leaderboard.md", head + separator + sections)
    write_text(folder / "leaderboard.html", to_html(document))


def _costs(leaderboard: JSONObject, out: Path, progress: Progress) -> JSONObject:
    """Return the costs that were measured before where they hold for these models, else measure all anew."""
    rows = [row for task in leaderboard["tasks"].values() for row in task["rows"]]
    bundles = {row["way"]: out / row["run"] / "bundle" for row in rows}
    path = out / COST
    if path.is_file():
        stored: JSONObject = json.loads(path.read_text(encoding="utf-8"))
        if covers(stored, list(bundles)):
            progress.note(f"The times are those that {path} holds; remove it to measure them again.")
            return stored
    costs = measure_costs(bundles, progress=progress)
    write_text(path, to_json(costs))
    return costs
