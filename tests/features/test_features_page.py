from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from heartprobe.data.synthetic import write_synthetic

PAGE = Path(__file__).resolve().parents[2] / "docs" / "features.md"


def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One patient's eight recordings, one window and 230 numbers each; stored below the cache folder."""
    monkeypatch.chdir(tmp_path)
    write_synthetic(Path("BMD-HS"), n_patients=1)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["matrix"].shape == (8, 230)
    assert len(list((tmp_path / "cache" / "features").rglob("*.safetensors"))) == 8
