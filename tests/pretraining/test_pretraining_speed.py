"""The figures on what several processes cost are those that were measured."""

from __future__ import annotations

import json
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_page_says_what_was_measured() -> None:
    """Every row of `benchmarks/pretraining_speed.json`, the load, and how much more two processes compute."""
    page = (REPOSITORY / "docs" / "pretraining.md").read_text(encoding="utf-8")
    measured = json.loads((REPOSITORY / "benchmarks" / "pretraining_speed.json").read_text(encoding="utf-8"))
    rows = [
        f"| {row['processes']} | {row['threads_each']} | {row['median_ms']} "
        f"({row['quartiles_ms'][0]}-{row['quartiles_ms'][1]}) | {row['computing_ms']} |"
        for row in measured["steps"]
    ]
    assert "\n".join(rows) in page
    assert f"({measured['load']['median']} processes wanted to run" in page
    one, _, two = (row["computing_ms"] for row in measured["steps"])
    assert f"two processes compute {100 * (two - one) / one:.0f} % more than one" in page
    assert all(row["timed"] == 30 for row in measured["steps"])
