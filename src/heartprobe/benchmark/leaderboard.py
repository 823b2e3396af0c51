"""The leaderboard of finished cells: sorted, each beside the baseline on the same patients.

It holds no times and no paths of the machine: the same runs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heartprobe import __version__
from heartprobe.benchmark.cell_runs import Failure
from heartprobe.benchmark.cells import Plan, is_by_site
from heartprobe.benchmark.cost import way_of
from heartprobe.benchmark.finished_cell import FinishedCell
from heartprobe.benchmark.sites import ALL_SITES, compare_sites, mean_over, tested_sites
from heartprobe.benchmark.specification import LOWER_IS_BETTER, Task
from heartprobe.data.recordings import RecordingSet
from heartprobe.evaluation.comparison.compare import compare
from heartprobe.evaluation.metrics.entries import JSONObject
from heartprobe.evaluation.metrics.sites import measure_sites

#: Raised whenever the layout of `leaderboard.json` changes for those who read it.
SCHEMA: Final = 1


def build_leaderboard(
    plan: Plan, recordings: Mapping[str, RecordingSet], out: Path, failures: Sequence[Failure]
) -> JSONObject:
    """Return the content of `leaderboard.json`.

    Args:
        plan: What was run.
        recordings: Of each task.
        out: The folder of the benchmark.
        failures: Cells without a result.

    Returns:
        `tasks`, by name: what was asked, `rows` from the best to the worst, `demographics_alone`, `failed`.
    """
    specification = plan.specification
    return {
        "schema": SCHEMA,
        "created_by": {"heartprobe": __version__},
        "title": specification.title,
        "about": specification.about,
        "baseline": plan.baseline,
        "sort_by": specification.sort_by,
        "tasks": {name: _table(plan, name, recordings[name], out, failures) for name in plan.tasks},
    }


def _table(plan: Plan, name: str, recordings: RecordingSet, out: Path, failures: Sequence[Failure]) -> JSONObject:
    """Return what the leaderboard says of one task."""
    task, cells = plan.tasks[name], plan.of_task(name)
    failed = {failure.entry: failure.reason for failure in failures if failure.task == name}
    finished = [FinishedCell.read(cell, out) for cell in cells if cell.entry not in failed]
    baseline = next((done for done in finished if done.cell.entry == plan.baseline), None)
    by_site = is_by_site(task, cells[0].config)
    measure = _BySite.of(task, recordings) if by_site else _Pooled(plan.specification.sort_by)
    rows = sorted(
        (_row(done, baseline, measure) for done in finished), key=lambda row: _order(measure.score(row), plan)
    )
    settings = cells[0].config.evaluation
    return {
        "title": task.title or name,
        "about": task.about,
        "sets": [*task.sets, *task.test_sets],
        "protocol": settings.protocol,
        "folds": settings.folds,
        "repeats": settings.repeats,
        "labels": list(cells[0].config.labels),
        "data": finished[0].data() if finished else None,
        "groups": measure.groups,
        "rows": [{"rank": rank, **row} for rank, row in enumerate(rows, start=1)],
        "demographics_alone": measure.demographics(finished[0]) if finished else None,
        "failed": [{"entry": entry, "reason": reason} for entry, reason in failed.items()],
    }


def _row(done: FinishedCell, baseline: FinishedCell | None, measure: _Pooled | _BySite) -> JSONObject:
    row = {
        "entry": done.cell.entry,
        "encoder": {"name": done.cell.encoder, "fingerprint": done.report["task"]["encoder"]["fingerprint"]},
        "run": done.cell.folder.as_posix(),
        "way": way_of(done.folder / "bundle"),
        "chosen": done.chosen(),
        **measure.results(done),
    }
    if baseline is not None and done is not baseline:
        row["difference"] = measure.difference(baseline, done)
    return row


def _order(score: JSONObject, plan: Plan) -> tuple[bool, float]:
    """Return what sorts rows from the best to the worst, those without a value last."""
    value = score["value"]
    if value is None:
        return True, 0.0
    return False, value if plan.specification.sort_by in LOWER_IS_BETTER else -value


@dataclass(frozen=True, slots=True)
class _Pooled:
    """All tested patients together."""

    metric: str
    groups: None = None

    def score(self, row: JSONObject) -> JSONObject:
        entry: JSONObject = row["macro"][self.metric]
        return entry

    def results(self, done: FinishedCell) -> JSONObject:
        return done.metrics()

    def demographics(self, done: FinishedCell) -> JSONObject:
        return done.demographics_metrics()

    def difference(self, baseline: FinishedCell, done: FinishedCell) -> JSONObject:
        found = compare(
            baseline.predictions,
            done.predictions,
            level="patient",
            names=(baseline.cell.entry, done.cell.entry),
            seed=done.statistics["seed"],
            draws=done.statistics["draws"],
        )
        return {"macro": found["macro"], "labels": found["labels"]}


@dataclass(frozen=True, slots=True)
class _BySite:
    """The patients of each site by themselves; pooled they would compare models, not patients."""

    recordings: RecordingSet
    groups: dict[str, list[str]]

    @classmethod
    def of(cls, task: Task, recordings: RecordingSet) -> _BySite:
        sites = tested_sites(recordings, task.test_sets)
        return cls(recordings, {ALL_SITES: sites, **{name: list(group) for name, group in task.site_groups.items()}})

    def score(self, row: JSONObject) -> JSONObject:
        entry: JSONObject = row["site_means"][ALL_SITES]
        return entry

    def results(self, done: FinishedCell) -> JSONObject:
        return self._described(done.report["sites"])

    def demographics(self, done: FinishedCell) -> JSONObject:
        measured = measure_sites(done.demographics_predictions, self.recordings.site_of, **done.statistics)
        return self._described(measured["sites"] if measured else {})

    def difference(self, baseline: FinishedCell, done: FinishedCell) -> JSONObject:
        return compare_sites(
            baseline.predictions,
            done.predictions,
            self.recordings.site_of,
            self.groups,
            names=(baseline.cell.entry, done.cell.entry),
            seed=done.statistics["seed"],
            draws=done.statistics["draws"],
        )

    def _described(self, measured: Mapping[str, JSONObject]) -> JSONObject:
        """Return the AUROC at each site and its means over groups, from what was measured at each site."""
        sites = {}
        for site, found in measured.items():
            patient = found["levels"]["patient"]
            aurocs = {label: metrics["auroc"] for label, metrics in patient["labels"].items()}
            sites[site] = {"patients": patient["patients"], "labels": aurocs}
        by_site = {site: found["labels"] for site, found in sites.items()}
        return {"sites": sites, "site_means": {name: mean_over(by_site, group) for name, group in self.groups.items()}}
