"""A trained model, the server of it, and the page of that server in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from go_between import GoBetween, go_between
from page_driver import MAX_FILE_MB, Page, browser, serving

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


@pytest.fixture(scope="module")
def server_port(bundle: Path) -> Iterator[int]:
    with serving(bundle, "--max-file-mb", str(MAX_FILE_MB), "--max-sound-s", "30") as port:
        yield port


@pytest.fixture(scope="module")
def between(server_port: int) -> Iterator[GoBetween]:
    with go_between(server_port) as way:
        yield way


@pytest.fixture(scope="module")
def opened(between: GoBetween, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    downloads = tmp_path_factory.mktemp("downloads")
    with browser(downloads) as driver:
        yield Page(driver, f"http://127.0.0.1:{between.port}/", downloads)


@pytest.fixture
def page(opened: Page, between: GoBetween) -> Iterator[Page]:
    """The page just loaded; afterwards nothing was asked of another host, and nothing complained about."""
    opened.complaints()
    opened.requested()
    between.refusals.clear()
    between.is_gone = False
    yield opened.open()
    assert opened.complaints() == []
    allowed = (opened.url, f"blob:{opened.url}", "data:")
    assert [address for address in opened.requested() if not address.startswith(allowed)] == []


@pytest.fixture(scope="module")
def patient(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three recordings of one patient, the last of which does not tell its place by its name."""
    lying = sorted((synthetic / "train").glob("*_sup_*.wav"))[:2]
    unplaced = tmp_path_factory.mktemp("patient") / f"{lying[0].stem[:-8]}.wav"
    unplaced.write_bytes(sorted((synthetic / "train").glob("*_sit_*.wav"))[0].read_bytes())
    return [*lying, unplaced]
