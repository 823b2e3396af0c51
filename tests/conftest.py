"""What several test folders share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real recordings and a real encoder; the test is skipped where it is absent."""
    folder = Path(os.environ.get("HEARTPROBE_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "data" / "bmd-hs" / "train.csv").is_file():
        pytest.skip(f"real recordings are not at {folder}")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20240903)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the cache of whoever runs it."""
    monkeypatch.setenv("HEARTPROBE_CACHE", str(tmp_path / "cache"))
