"""What the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_dataset import TinyDataset


@pytest.fixture
def tiny(tmp_path: Path) -> TinyDataset:
    """A tiny data set that is not written yet."""
    return TinyDataset(tmp_path / "tiny")
