"""How the numbers of a report stand in its tables, and why some are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heartprobe.evaluation.metrics.formulas import METRIC_NAMES
from heartprobe.evaluation.report.content import Cell
from heartprobe.evaluation.wording import Entry, listed, number


def metric_cell(entry: Entry | None) -> Cell:
    """Return the value and below it the interval; a dash where it is undefined, a star where the interval is.

    A number that never has an interval stands alone, and one that was not measured leaves an empty cell.
    """
    if entry is None:
        return Cell("")
    if entry["value"] is None:
        return Cell("–")
    if "low" not in entry:
        return Cell(number(entry["value"]))
    if entry["low"] is None:
        return Cell(f"{number(entry['value'])}*")
    return Cell(number(entry["value"]), interval(entry["low"], entry["high"]))


def interval(low: float, high: float) -> str:
    """Return an interval in brackets; a dash between two minus signs could not be read."""
    return f"({number(low)}{'–' if low >= 0 else ' to '}{number(high)})"


def number_cell(value: float | None) -> Cell:
    """Return a number without an interval; a dash where there is none."""
    return Cell("–" if value is None else number(value))


def metric_notes(columns: Iterable[tuple[str, Mapping[str, Entry]]], shown: Iterable[str]) -> tuple[str, ...]:
    """Return why metrics of a table, or their intervals, are missing.

    Args:
        columns: The metrics of each label or mean, with its name.
        shown: The metrics that the table shows.
    """
    shown = tuple(shown)
    return missing_notes(
        (column, METRIC_NAMES[key], metrics[key]) for column, metrics in columns for key in shown if key in metrics
    )


def missing_notes(entries: Iterable[tuple[str, str, Entry | None]]) -> tuple[str, ...]:
    """Return why values or intervals are missing, each reason once, with what it concerns.

    Args:
        entries: Whom each is about (a label, a group), what it is (a metric), and the entry itself.
    """
    concerned: dict[tuple[str, str], dict[str, list[str]]] = {}
    for whom, what, entry in entries:
        for mark, reason in _missing(entry or {}):
            concerned.setdefault((mark, reason), {}).setdefault(whom, []).append(what)
    return tuple(
        f"{mark}{'; '.join(f'{whom}: {listed(names)}' for whom, names in about.items())} ({reason})."
        for (mark, reason), about in concerned.items()
    )


def _missing(entry: Entry) -> list[tuple[str, str]]:
    missing = []
    if "reason" in entry:
        missing.append(("– " if entry["value"] is None else "* ", entry["reason"]))
    if "left_out" in entry:
        missing.append(("", f"without {listed(entry['left_out'])}, where it is undefined"))
    return missing


def percent(share: float) -> str:
    """Return a share as a percentage; whole ones without a digit behind the point."""
    return f"{100 * share:.3g} %"


def plain(value: Any) -> str:
    """Return a setting or a fact as text."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value) or "none"
    return str(value)
