"""The page on export shows what the benchmark kept."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def test_page_shows_the_kept_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digit by digit; `python benchmarks/exported.py` prints the table."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "benchmarks"))
    exported = importlib.import_module("exported")
    kept = json.loads(exported.KEPT.read_text())
    assert exported.table(kept) in (REPOSITORY / "docs" / "export.md").read_text()


def test_kept_figures_are_within_what_is_promised() -> None:
    """Every graph in single precision says what torch says of all of BMD-HS, to 1e-4."""
    kept = json.loads((REPOSITORY / "benchmarks" / "results" / "exported.json").read_text())
    assert kept.keys() == {"pcg", "whisper", "logmel"}
    for ways in kept.values():
        assert max(ways["onnx"][level] for level in ("recordings_max", "patients_max")) <= 1e-4
