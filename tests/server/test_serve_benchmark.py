"""The figures of docs/serve.md are those that `benchmarks/serve.py` kept."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def serve_table() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REPOSITORY / "benchmarks"))
        yield importlib.import_module("serve_table")


def test_page_shows_what_was_measured(serve_table: ModuleType) -> None:
    """Digit by digit: every row of the table, and the sentences on memory."""
    page = (REPOSITORY / "docs" / "serve.md").read_text()
    models = json.loads(serve_table.KEPT.read_text())["models"]
    lasting = models.pop("memory")
    assert serve_table.table(models) in page
    assert serve_table.memory_sentence(lasting) in page.replace("\n", " ")


def test_row_as_it_is_shown(serve_table: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept again takes the place of what was kept before."""
    monkeypatch.setattr(serve_table, "KEPT", tmp_path / "serve.json")
    row = serve_table.Row(8, 100, 24.04, 296.4, 400.0, 614.2, 700.0, 27.4, 0, 3, 368.4, 370.2, 9.5)
    for before_mb in (100.0, 363.4):
        serve_table.keep("`logmel`", before_mb, [row])
    models = json.loads((tmp_path / "serve.json").read_text())["models"]
    assert serve_table.table(models).splitlines()[2:] == ["| `logmel` | 8 | 100 | 24.0 | 296 | 614 | 27 | 0 | 368 |"]
    assert serve_table.memory_sentence(models["`logmel`"]) == (
        "100 requests by 8 clients: 0 failed; 363 MB before the first one, 368 MB after the last, 370 MB at most."
    )
