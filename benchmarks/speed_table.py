"""The part of docs/pretraining.md on what a step costs, made of the figures of `pretraining_speed.py`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, Final

MARKS: Final = ("<!-- Made by benchmarks/pretraining_speed.py. -->\n", "<!-- End of what it made. -->\n")

_HEAD: Final = (
    "| processes | threads of each | a step takes, median and quartiles, ms | computing of all, ms |",
    "|---:|---:|---:|---:|",
)


def with_speed(page: str, figures: Mapping[str, Any]) -> str:
    """Return the page with table and sentences between its marks."""
    before, rest = page.split(MARKS[0])
    return f"{before}{MARKS[0]}\n{table(figures)}\n\n{sentences(figures)}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}"


def table(figures: Mapping[str, Any]) -> str:
    """Return a row for each way."""
    rows = []
    for row in figures["steps"]:
        low, high = row["quartiles_ms"]
        cells = (row["processes"], row["threads_each"], f"{row['median_ms']} ({low}-{high})", row["computing_ms"])
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*_HEAD, *rows])


def sentences(figures: Mapping[str, Any]) -> str:
    """Return what the figures say: on which machine they hold, and what sharing costs."""
    cores, load = figures["cores"], figures["load"]["median"]
    computing = {(row["processes"], row["threads_each"]): row["computing_ms"] for row in figures["steps"]}
    one, two = computing[1, 1], computing[2, 1]
    machine = f"On {cores} cores, where {load} processes wanted to run in the median, these among them."
    if load > cores:
        machine += " That was more than there were cores, so that the third column says little."
    batch = figures["batch_ms"]
    more, by_batch = round(100 * (two - one) / one), round(100 * batch / one)
    sharing = (
        f"Two processes compute {more} % more than one; {by_batch} % is what it costs that each makes the whole batch "
        f"({batch} ms) before it takes its share."
    )
    return textwrap.fill(f"{machine} {sharing}", width=120)
