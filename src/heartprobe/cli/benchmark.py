"""`heartprobe benchmark`: many models on the same patients, in one sorted table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartprobe.cli.data_sets import load_recordings, named_folders
from heartprobe.cli.options import DeviceOption, JsonOption, SetOption, WorkersOption
from heartprobe.errors import ConfigError

if TYPE_CHECKING:
    from heartprobe.benchmark.cells import Plan
    from heartprobe.benchmark.run import Result
    from heartprobe.config.schema import Config
    from heartprobe.data.recordings import RecordingSet
    from heartprobe.progress import Progress


def benchmark(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What is compared, TOML or JSON.")],
    data: Annotated[
        list[str] | None,
        typer.Option("--data", metavar="NAME=DIR", help="Where a data set lies on this machine. May be repeated."),
    ] = None,
    encoders: Annotated[
        list[str] | None,
        typer.Option(
            "--encoder",
            metavar="NAME=DIR",
            help="Where an encoder that FILE names lies on this machine. May be repeated.",
        ),
    ] = None,
    overrides: SetOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where everything goes; runs/benchmark-FILE by default.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check FILE, list what would be run, and stop.")] = False,
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train and evaluate many models and compare them: a sorted table with intervals, differences and cost.

    Example: heartprobe benchmark benchmarks/results.toml --data bmd-hs=BMD-HS --data physionet-2016=CINC16

    Leaves leaderboard.json, leaderboard.md, leaderboard.html, leaderboard.svg, cost.json and a run folder for each
    model. Interrupted, the same command goes on where it stopped. A model that fails is named; the others go on.
    """
    from heartprobe.benchmark.cells import plan_cells
    from heartprobe.benchmark.run import run_benchmark
    from heartprobe.benchmark.specification import read_specification
    from heartprobe.cli.console import ConsoleProgress, print_json, print_line
    from heartprobe.machine import Machine

    plan = plan_cells(
        read_specification(file),
        file,
        folders=dict(named_folders("--data", data or ())),
        encoders=dict(named_folders("--encoder", encoders or (), "openai/whisper-tiny.en=whisper-tiny.en-encoder")),
        overrides=overrides or (),
    )
    if dry_run:
        _print_plan(plan)
        return
    progress = ConsoleProgress()
    folder = out or Path("runs") / f"benchmark-{file.stem}"

    def read(task: str, config: Config) -> RecordingSet:
        return _read_task(plan, task, config, progress)

    result = run_benchmark(plan, folder, read=read, machine=Machine(device=device, workers=workers), progress=progress)
    if as_json:
        print_json(result.leaderboard)
    else:
        _print_tables(result)
        print_line(f"Leaderboard: {folder} (leaderboard.html to read)")
    for failure in result.failures:
        typer.echo(f"heartprobe: {failure.entry} on {failure.task}: {failure.reason}", err=True)
    if result.failures:
        raise typer.Exit(1)


def _read_task(plan: Plan, name: str, config: Config, progress: Progress) -> RecordingSet:
    task = plan.specification.tasks[name]
    missing = [which for which in (*task.sets, *task.test_sets) if which not in plan.folders]
    if missing:
        raise ConfigError(
            f"The task {name!r} uses {missing[0]}; say where it lies with --data {missing[0]}=DIR, or below [folders]."
        )
    given, tested = ([f"{which}={plan.folders[which]}" for which in names] for names in (task.sets, task.test_sets))
    return load_recordings(config, None, progress, data=given, test_data=tested)


def _print_plan(plan: Plan) -> None:
    from heartprobe.cli.console import print_line, print_table
    from heartprobe.encoders.load import require_encoder

    for cell in plan.cells:
        require_encoder(cell.config.models.default_model)
    rows = [(cell.task, cell.entry, cell.config.models.default_model, cell.folder.as_posix()) for cell in plan.cells]
    print_table("", ("task", "entry", "encoder", "run folder"), rows)
    print_line(f"{len(rows)} runs; compared with {plan.baseline!r}.")


def _print_tables(result: Result) -> None:
    from heartprobe.benchmark.reading import quality
    from heartprobe.cli.console import print_line, print_table

    board = result.leaderboard
    for task in board["tasks"].values():
        header = ("", "model", quality(board, task), f"against {board['baseline']}", "p", "ms for 20 s of sound")
        print_table(task["title"], header, list(_rows(result, task)))
        print_line()


def _rows(result: Result, task: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    from heartprobe.benchmark.reading import difference, ranks_nobody, score, signed
    from heartprobe.cli.summary import number

    for row in task["rows"]:
        entry = difference(result.leaderboard, task, row)
        paired, p = "", ""
        if entry is not None and entry["value"] is not None:
            has_interval = entry["low"] is not None
            interval = f" ({signed(entry['low'])} to {signed(entry['high'])})" if has_interval else ""
            paired, p = signed(entry["value"]) + interval, f"{entry['p']:.3f}" if has_interval else "-"
        cost = result.costs["ways"].get(row["way"])
        milliseconds = f"{cost['milliseconds']['median']:.1f}" if cost else "-"
        yield str(row["rank"]), row["entry"], number(score(result.leaderboard, task, row)), paired, p, milliseconds
    if task["rows"] and not ranks_nobody(task):
        yield "", "demographics alone", number(score(result.leaderboard, task, task["demographics_alone"])), "", "", ""
