"""Who may ask."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from heartprobe.predict import Predictor
from heartprobe.server import Settings, create_app
from served import wav

TOKEN = {"Authorization": "Bearer s3cret"}


@pytest.fixture(scope="module")
def guarded(predictor: Predictor) -> TestClient:
    return TestClient(create_app(predictor, Settings(token="s3cret")))


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/openapi.json"])
def test_page_and_health_ask_for_no_token(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer s3cre"},
        {"Authorization": "Bearer s3cret2"},
        {"Authorization": "Bearer"},
        {"Authorization": "s3cret"},
        {"Authorization": "Basic s3cret"},
        {"Authorization": "Bearer s\u00e9cret".encode("latin-1")},
    ],
)
def test_api_asks_for_the_token(guarded: TestClient, headers: Any) -> None:
    """And reads no body before it was shown."""
    for path in ("/v1/model", "/v1/examples", "/v1/examples/normal/sup_Mit.wav", "/metrics"):
        response = guarded.get(path, headers=headers)
        assert (response.status_code, response.json()["error"]["kind"]) == (401, "unauthorised")
        assert response.headers["www-authenticate"] == "Bearer"
    for path in ("/v1/predictions", "/v1/explanations"):
        assert guarded.post(path, content=b"no form at all", headers=headers).status_code == 401


def test_token_opens_the_api(guarded: TestClient) -> None:
    assert guarded.get("/v1/model", headers=TOKEN).status_code == 200
    assert guarded.get("/metrics", headers=TOKEN).status_code == 200
    files = [("files", ("a.wav", wav()))]
    assert guarded.post("/v1/predictions", files=files, headers=TOKEN).status_code == 200
    assert "s3cret" not in repr(Settings(token="s3cret"))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("localhost.evil.example:8000", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_a_name_that_was_made_to_lead_here_gets_no_answer(predictor: Predictor, host: str, status: int) -> None:
    """So that a page of another site cannot read what is only for this machine."""
    own = Settings(hosts=frozenset({"localhost", "127.0.0.1", "::1"}))
    with TestClient(create_app(predictor, own)) as client:
        assert client.get("/v1/model", headers={"Host": host}).status_code == status
