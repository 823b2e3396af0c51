"""What several test folders share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from heartprobe.data.synthetic import write_synthetic
from heartprobe.progress import SilentProgress
from loopback_server import LoopbackServer, loopback_server
from tiny_encoders import TinyEncoder, save_tiny_encoder

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


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> TinyEncoder:
    """A function from a kind of `TINY_ENCODERS` to its folder; tests must not change the folder."""
    root = tmp_path_factory.mktemp("tiny-encoders")

    def folder_of(kind: str) -> Path:
        folder = root / kind
        return folder if folder.exists() else save_tiny_encoder(kind, folder)

    return folder_of


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


@pytest.fixture
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach loopback directly, whatever the environment says."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(_no_proxy: None) -> Iterator[LoopbackServer]:
    """A web server on loopback without pages."""
    with loopback_server() as running:
        yield running
