"""`heartprobe compare`: the paired difference between runs on the same patients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from heartprobe.cli.options import JsonOption


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders; the others are compared with the first."),
    ],
    level: Annotated[str, typer.Option("--level", help="patient or recording.")] = "patient",
    draws: Annotated[int, typer.Option("--draws", min=100, help="Draws of the bootstrap over patients.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap.")] = 42,
    as_json: JsonOption = False,
) -> None:
    """Compare runs on the patients that they share: differences with 95 % intervals and p-values.

    Example: heartprobe compare runs/logmel runs/whisper --level patient

    A single run is compared with what age, sex, smoking and residence alone predict about its test patients.
    """
    from heartprobe.cli.console import print_json
    from heartprobe.evaluation.comparison.runs import compare_runs

    result = compare_runs(runs, level=level, seed=seed, draws=draws)
    if as_json:
        print_json(result)
    else:
        _print_comparisons(result)


def _print_comparisons(result: dict[str, Any]) -> None:
    from heartprobe.cli.console import print_line, print_table

    names = _short_names([result["baseline"], *(comparison["run"] for comparison in result["comparisons"])])
    header = ("label", "metric", "baseline", "run", "difference (95 %)", "p")
    reasons: dict[str, None] = {}
    for name, comparison in zip(names[1:], result["comparisons"], strict=True):
        title = f"{name} against {names[0]}: {comparison['patients']} patients, per {result['level']}"
        print_table(title, header, _rows(comparison))
        for note in _notes(comparison, name, names[0]):
            print_line(note)
        print_line()
        reasons |= dict.fromkeys(_reasons(comparison))
    for reason in reasons:
        print_line(f"No interval or no value (-): {reason}.")
    print_line("Difference: run minus baseline, same patients; the better run is above 0, by the Brier score below.")
    print_line("p is two-sided and not adjusted for the number of comparisons.")
    if result["pools_sites"]:
        print_line(
            "Every site was tested by a model of its own: AUROC and average precision over all patients compare these "
            "models too. `heartprobe benchmark` compares the means over sites."
        )


def _rows(comparison: dict[str, Any]) -> list[tuple[str, ...]]:
    from heartprobe.evaluation.metrics.formulas import METRIC_NAMES

    groups = dict(comparison["labels"])
    if len(groups) > 1:
        groups["macro"] = comparison["macro"]
    return [
        (label if i == 0 else "", METRIC_NAMES[metric], *_cells(entry))
        for label, metrics in groups.items()
        for i, (metric, entry) in enumerate(metrics.items())
    ]


def _cells(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    if entry["value"] is None:
        return "-", "-", "-", "-"
    sides = f"{entry['baseline']:.3f}", f"{entry['run']:.3f}"
    if entry["low"] is None:
        return *sides, f"{_signed(entry['value'])} (-)", "-"
    return *sides, f"{_signed(entry['value'])} ({_signed(entry['low'])} to {_signed(entry['high'])})", _p(entry["p"])


def _signed(value: float) -> str:
    """Return a difference with its sign; what rounds to nothing has none."""
    text = f"{value:+.3f}"
    return "0.000" if float(text) == 0 else text


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _notes(comparison: dict[str, Any], run: str, baseline: str) -> list[str]:
    notes = [
        f"{comparison[key]} patients are in {name} only and were left out."
        for key, name in (("only_in_run", run), ("only_in_baseline", baseline))
        if comparison[key]
    ]
    if comparison["labels_in_one"]:
        notes.append(f"Only one of the two predicts {', '.join(comparison['labels_in_one'])}.")
    return notes


def _reasons(comparison: dict[str, Any]) -> list[str]:
    entries = [entry for metrics in comparison["labels"].values() for entry in metrics.values()]
    return [entry["reason"] for entry in entries if "reason" in entry]


def _short_names(paths: list[str]) -> list[str]:
    """Return the names of folders, or their whole paths where names occur twice."""
    names = [Path(path).name for path in paths]
    return names if len(set(names)) == len(set(paths)) else paths
