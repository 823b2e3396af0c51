"""A trained model, and the server of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from heartprobe.predict import Predictor
from heartprobe.server import create_app
from served import trained


@pytest.fixture(scope="session")
def bundle(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of five labels that hears sound alone."""
    return trained(synthetic, tmp_path_factory.mktemp("served") / "run")


@pytest.fixture(scope="session")
def predictor(bundle: Path) -> Iterator[Predictor]:
    """The opened model."""
    with Predictor.open(bundle, device="cpu") as opened:
        yield opened


@pytest.fixture(scope="module")
def app(predictor: Predictor) -> FastAPI:
    """An application with the usual limits."""
    return create_app(predictor)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of `app`."""
    with TestClient(app, raise_server_exceptions=False) as asking:
        yield asking
