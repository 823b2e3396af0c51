"""What several test folders share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from heartprobe.data.synthetic import write_synthetic
from heartprobe.progress import SilentProgress

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real recordings and a real encoder; the test is skipped where it is absent."""
    folder = Path(os.environ.get("HEARTPROBE_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "data" / "bmd-hs" / "train.csv").is_file():
        pytest.skip(f"real recordings are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty synthetic patients with eight recordings of five seconds, in BMD-HS layout; not to be written to."""
    folder = tmp_path_factory.mktemp("synthetic") / "patients"
    return write_synthetic(folder, n_patients=20, seed=3, duration_s=5.0, progress=SilentProgress())


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20240903)


@pytest.fixture(scope="session", autouse=True)
def _no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep fixtures that live longer than a test away from the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARTPROBE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test an empty cache."""
    monkeypatch.setenv("HEARTPROBE_CACHE", str(tmp_path / "cache"))
