"""The page of results says what the kept runs say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from heartprobe.benchmark.cells import plan_cells
from heartprobe.benchmark.page import panels
from heartprobe.benchmark.picture import draw_file
from heartprobe.benchmark.specification import read_specification

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("results", REPOSITORY / "benchmarks" / "results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_and_picture_are_made_from_the_kept_runs(script: ModuleType) -> None:
    """Run `python benchmarks/results.py` where this fails."""
    assert script.PAGE.read_text() == script.page(*script.kept())
    assert script.PICTURE.read_text() == draw_file(panels(*script.kept()))


def test_kept_runs_are_those_of_the_file(script: ModuleType) -> None:
    """Every entry on every task, none failed, of real recordings."""
    path = REPOSITORY / "benchmarks" / "results.toml"
    plan = plan_cells(read_specification(path), path)
    leaderboard, costs = script.kept()
    rows = [(name, row["entry"]) for name, task in leaderboard["tasks"].items() for row in task["rows"]]
    assert sorted(rows) == sorted((cell.task, cell.entry) for cell in plan.cells)
    assert not any(task["failed"] or task["data"]["is_synthetic"] for task in leaderboard["tasks"].values())
    assert {row["way"] for task in leaderboard["tasks"].values() for row in task["rows"]} <= costs["ways"].keys()
    assert leaderboard["tasks"]["home"]["repeats"] == plan.of_task("home")[0].config.evaluation.repeats


def test_the_readme_quotes_the_kept_runs(script: ModuleType) -> None:
    """Each row of its tables, digit by digit."""
    readme = (REPOSITORY / "README.md").read_text()
    tasks = script.kept()[0]["tasks"]
    home = {row["entry"]: row for row in tasks["home"]["rows"]}
    for entry in ("heartprobe-pcg", "Whisper-tiny.en ×4", "logmel", "modulation"):
        metrics = [*home[entry]["labels"].values(), home[entry]["macro"]]
        assert f"| {' | '.join(with_interval(m['auroc']) for m in metrics)} |" in readme, entry
    for row in tasks["abroad"]["rows"]:
        sites = [site["labels"]["N"]["value"] for site in row["sites"].values()]
        cells = [f"{value:.3f}" for value in (row["site_means"]["all sites"]["value"], *sites)]
        is_quoted = f"| {' | '.join(cells)} |" in readme
        assert is_quoted or row["entry"] == "percentiles, sites as large as they are", row["entry"]


@pytest.mark.parametrize("entry", ["heartprobe-pcg", "Whisper-tiny.en ×4", "logmel", "modulation"])
@pytest.mark.parametrize("how", ["", ", equalised"])
def test_the_first_table_of_the_readme_quotes_them_too(script: ModuleType, entry: str, how: str) -> None:
    """At home, abroad, milliseconds and megabytes."""
    board, costs = script.kept()
    at = {
        name: next(row for row in board["tasks"][name]["rows"] if row["entry"] == entry + how)
        for name in ("home", "to-bmd-hs")
    }
    cost = costs["ways"][at["home"]["way"]]
    megabytes = short(cost["megabytes"]) if cost["parameters"] else "0"
    quality = [at["home"]["macro"], at["to-bmd-hs"]["labels"]["N"]]
    cells = [
        *(with_interval(metrics["auroc"]) for metrics in quality),
        short(cost["milliseconds"]["median"]),
        megabytes,
    ]
    assert f"| {' | '.join(cells)} |" in (REPOSITORY / "README.md").read_text()


def with_interval(entry: dict[str, float]) -> str:
    return f"{entry['value']:.3f} ({entry['low']:.3f}–{entry['high']:.3f})"


def short(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"
