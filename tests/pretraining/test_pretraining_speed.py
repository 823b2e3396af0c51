"""The figures on what several processes cost are those that were measured."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("speed_table", REPOSITORY / "benchmarks" / "speed_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_says_what_was_measured(page: ModuleType) -> None:
    """Table and sentences are made of `benchmarks/pretraining_speed.json`, of thirty steps each."""
    text = (REPOSITORY / "docs" / "pretraining.md").read_text(encoding="utf-8")
    measured = json.loads((REPOSITORY / "benchmarks" / "pretraining_speed.json").read_text(encoding="utf-8"))
    assert page.with_speed(text, measured) == text
    assert [(row["processes"], row["threads_each"]) for row in measured["steps"]] == [(1, 1), (1, 2), (2, 1)]
    assert all(row["timed"] == 30 for row in measured["steps"])


@pytest.mark.parametrize(("load", "busy"), [(1.4, False), (7.6, True)])
def test_figures_become_rows_and_sentences(page: ModuleType, load: float, busy: bool) -> None:
    """A machine that was busy with other things is not passed over."""
    ways = (((1, 1), 300, 251), ((2, 1), 180, 344))
    steps = [
        {"processes": n, "threads_each": each, "median_ms": ms, "quartiles_ms": [ms - 5, ms + 7], "computing_ms": own}
        for (n, each), ms, own in ways
    ]
    figures = {"cores": 2, "load": {"median": load}, "batch_ms": 23, "steps": steps}
    assert page.table(figures).splitlines()[2:] == [
        "| 1 | 1 | 300 (295-307) | 251 |",
        "| 2 | 1 | 180 (175-187) | 344 |",
    ]
    told = page.sentences(figures).replace("\n", " ")
    assert told.startswith(f"On 2 cores, where {load} processes wanted to run in the median, these among them.")
    assert ("more than there were cores" in told) == busy
    assert "Two processes compute 37 % more than one; 9 % is what it costs that each makes the whole batch" in told
