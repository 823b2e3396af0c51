"""The table of docs/pretraining.md that compares targets of pre-training; `pretraining_targets.py` fills it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

MARKS: Final = ("<!-- Made by benchmarks/pretraining_targets.py. -->\n", "<!-- Its end. -->\n")

_REPORTED: Final = {"home": "home, macro", "abroad_patient": "abroad, patients", "abroad_recording": "recordings"}


def table(figures: Mapping[str, Any]) -> str:
    """Return the rows, one for each variant."""
    recipe = figures["variants"]["recipe"]
    sites = [site.removeprefix("training-") for site in recipe["sites"]]
    reported = list(_REPORTED) if recipe["bmd_hs"] else []
    rows = [["variant", *sites, "mean", "minus the recipe's", "variety", *map(_REPORTED.__getitem__, reported)]]
    for variant, found in figures["variants"].items():
        difference = "" if variant == "recipe" else with_interval(found["difference"], sign="+")
        measured = [*found["sites"].values(), found["mean"]]
        # The least varied of its descriptions: none may have collapsed.
        least = _digits(min(found["variety"].values()))
        abroad = [with_interval(found["bmd_hs"][key]) for key in reported]
        rows.append([variant, *(_digits(one["value"]) for one in measured), difference, least, *abroad])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---|" + "---:|" * (len(rows[0]) - 1), *lines[1:]]) + "\n"


def with_table(page: str, figures: Mapping[str, Any]) -> str:
    """Return the page with the table between its marks."""
    before, rest = page.split(MARKS[0])
    return f"{before}{MARKS[0]}\n{table(figures)}\n{MARKS[1]}{rest.split(MARKS[1])[1]}"


def with_interval(found: Mapping[str, float], sign: str = "") -> str:
    """Return such as `.883 (.852-.910)`, with signs `+.008 (-.013 to +.029)`."""
    value, low, high = (_digits(found[key], sign) for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})" if sign else f"{value} ({low}-{high})"


def _digits(value: float, sign: str = "") -> str:
    return re.sub(r"^([+-]?)0\.", r"\1.", f"{value:{sign}.3f}")
