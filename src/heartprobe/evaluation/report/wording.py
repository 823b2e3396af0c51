"""How numbers, labels and findings are put into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heartprobe.evaluation.metrics import METRIC_NAMES
from heartprobe.evaluation.report.content import Cell
from heartprobe.labels import LABEL_NAMES, finding_value

Report = Mapping[str, Any]
Entry = Mapping[str, Any]


def number(value: float) -> str:
    """Return a metric with three digits and, where it is negative, a real minus sign."""
    return f"{value:.3f}".replace("-", "−")


def count(value: float) -> str:
    """Return a count; a mean over repeats has one digit."""
    return str(int(value)) if float(value).is_integer() else f"{value:.1f}"


def metric_cell(entry: Entry) -> Cell:
    """Return the value and below it the interval; a dash where it is undefined, a star where the interval is."""
    if entry["value"] is None:
        return Cell("–")
    if entry["low"] is None:
        return Cell(f"{number(entry['value'])}*")
    return Cell(number(entry["value"]), f"({number(entry['low'])}–{number(entry['high'])})")


def metric_text(entry: Entry) -> str:
    """Return the value and its interval as part of a sentence."""
    if entry["value"] is None:
        return f"undefined ({entry['reason']})"
    if entry["low"] is None:
        return f"{number(entry['value'])} (no interval: {entry['reason']})"
    return f"{number(entry['value'])} (95 % interval {number(entry['low'])} to {number(entry['high'])})"


def metric_notes(columns: Iterable[tuple[str, Mapping[str, Entry]]], shown: Iterable[str]) -> tuple[str, ...]:
    """Return why values or intervals of a table are missing, each reason once, with what it concerns.

    Args:
        columns: The metrics of each label or mean, with its name.
        shown: The metrics that the table shows.
    """
    concerned: dict[tuple[str, str], dict[str, list[str]]] = {}
    for column, metrics in columns:
        for key in shown:
            for mark, reason in _missing(metrics.get(key, {})):
                concerned.setdefault((mark, reason), {}).setdefault(column, []).append(METRIC_NAMES[key])
    return tuple(
        f"{mark}{'; '.join(f'{column}: {listed(names)}' for column, names in what.items())} ({reason})."
        for (mark, reason), what in concerned.items()
    )


def _missing(entry: Entry) -> list[tuple[str, str]]:
    missing = []
    if "reason" in entry:
        missing.append(("– " if entry["value"] is None else "* ", entry["reason"]))
    if "left_out" in entry:
        missing.append(("", f"without {listed(entry['left_out'])}, where it is undefined"))
    return missing


def question(label: str) -> str:
    """Return what a model is asked about a label."""
    name = LABEL_NAMES.get(label)
    if finding_value(label) == 0:
        return f"{label} (abnormal or normal)"
    return label if name is None else f"{label} ({name})"


def listed(names: Iterable[str]) -> str:
    """Join names with commas and an `and`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


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
