"""What the tests of the features share."""

from __future__ import annotations

from pathlib import Path

import pytest
from counting_encoder import write_recordings

from heartprobe.data.recordings import Recording
from heartprobe.features.store import FeatureStore
from listener import Listener


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "store")


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    """Six recordings of two windows each, of three patients."""
    return write_recordings(tmp_path_factory.mktemp("recordings"), 6)
