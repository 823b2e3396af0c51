"""How numbers, labels and lists are put into words, in reports and in the sentences of an audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from heartprobe.labels import LABEL_NAMES, finding_value

#: How many names a sentence gives of any number.
_MOST_NAMED: Final = 3

Report = Mapping[str, Any]
Entry = Mapping[str, Any]


def number(value: float) -> str:
    """Return a metric with three digits and, where that is below 0, a real minus sign."""
    text = f"{value:.3f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def count(value: float) -> str:
    """Return a count; a mean over repeats has one digit."""
    return str(int(value)) if float(value).is_integer() else f"{value:.1f}"


def counted(value: float, noun: str) -> str:
    """Return a count with what is counted, in the plural where it is not one."""
    return f"{count(value)} {noun}" if value == 1 else f"{count(value)} {noun}s"


def metric_text(entry: Entry) -> str:
    """Return the value and its interval as part of a sentence."""
    if entry["value"] is None:
        return f"undefined ({entry['reason']})"
    if entry["low"] is None:
        return f"{number(entry['value'])} (no interval: {entry['reason']})"
    return f"{number(entry['value'])} (95 % interval {number(entry['low'])} to {number(entry['high'])})"


def metric_short(entry: Entry, before: str = " (", after: str = ")") -> str:
    """Return a defined value, and its interval where it has one, between `before` and `after`."""
    if entry["low"] is None:
        return number(entry["value"])
    return f"{number(entry['value'])}{before}{number(entry['low'])} to {number(entry['high'])}{after}"


def question(label: str) -> str:
    """Return what a model is asked about a label."""
    name = LABEL_NAMES.get(label)
    if finding_value(label) == 0:
        return f"{label} (abnormal or normal)"
    return label if name is None else f"{label} ({name})"


def listed(names: Iterable[str], last: str = "and") -> str:
    """Join names with commas and an `and`, or another word before the last."""
    *most, final = names
    return f"{', '.join(most)} {last} {final}" if most else final


def first_of(names: Sequence[str]) -> str:
    """Join the first three names with commas, and say how many more there are."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
