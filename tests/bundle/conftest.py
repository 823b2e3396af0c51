"""A stand-in hub, and a model folder to publish there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publishing_hub import PublishingHub
from saved_bundle import save


@pytest.fixture
def hub() -> Iterator[PublishingHub]:
    with PublishingHub().serve() as hub:
        yield hub


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return save(tmp_path / "bundle")
