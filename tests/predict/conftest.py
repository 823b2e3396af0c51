"""A trained model that the tests of predictions share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from heartprobe.predict import Predictor
from trained_model import trained


@pytest.fixture(scope="session")
def run(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; not to be written to."""
    return trained(synthetic, tmp_path_factory.mktemp("runs") / "holdout")


@pytest.fixture(scope="session")
def predictor(run: Path) -> Iterator[Predictor]:
    """The model of the run."""
    with Predictor.open(run / "bundle", device="cpu") as opened:
        yield opened
