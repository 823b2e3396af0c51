"""Everything around the answers: errors, headers, metrics, the log, stopping."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient

from heartprobe.errors import ConfigError
from heartprobe.predict import Predictor
from heartprobe.server import Limits, create_app
from served import HeldBack, wav


def test_what_is_not_there(client: TestClient) -> None:
    """404 and 405, as JSON, with the methods that there are."""
    missing = client.get("/v1/nothing")
    assert (missing.status_code, missing.json()) == (
        404,
        {
            "error": {
                "kind": "not-found",
                "message": "There is nothing at this address; see /openapi.json for what there is.",
            }
        },
    )
    wrong = client.get("/v1/predictions")
    assert (wrong.status_code, wrong.json()["error"]["kind"], wrong.headers["allow"]) == (405, "method", "POST")
    assert client.get("/healthz/").status_code == 404
    assert client.get("/docs").status_code == 404


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/model", "/nothing", "/page/nothing.js"])
def test_every_answer_has_safe_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


def test_metrics(predictor: Predictor) -> None:
    """Requests by route and status, times, batches, recordings; each application counts for itself."""
    with TestClient(create_app(predictor)) as fresh:
        fresh.post("/v1/predictions", files=[("files", ("a.wav", wav())), ("files", ("b.wav", b"RIFF"))])
        fresh.post("/v1/predictions", files=[("age", (None, b"61"))])
        fresh.get("/nobody-sends-this/to-be-a-label")
        response = fresh.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    lines = response.text.splitlines()
    for line in (
        'heartprobe_requests_total{route="/v1/predictions",status="200"} 1.0',
        'heartprobe_requests_total{route="/v1/predictions",status="422"} 1.0',
        'heartprobe_requests_total{route="none",status="404"} 1.0',
        'heartprobe_request_seconds_count{route="/v1/predictions"} 2.0',
        'heartprobe_recordings_total{outcome="used"} 1.0',
        'heartprobe_recordings_total{outcome="left out"} 1.0',
        "heartprobe_batch_patients_count 1.0",
        "heartprobe_queue_length 0.0",
        "heartprobe_held_bytes 0.0",
    ):
        assert line in lines
    assert "to-be-a-label" not in response.text


def test_log_says_nothing_about_the_patient(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """Method, route, status and time, whatever was sent."""
    caplog.set_level(logging.INFO, logger="heartprobe.server")
    secret = "Jane-Doe"
    client.post(f"/v1/predictions?name={secret}", files=[("files", (f"{secret}.wav", wav()))], data={"age": "61"})
    client.get(f"/{secret}?{secret}")
    messages = [record.getMessage() for record in caplog.records if record.name == "heartprobe.server.access"]
    assert [message.rpartition(" ")[0].rpartition(" ")[0] for message in messages] == [
        "POST /v1/predictions 200",
        "GET none 404",
    ]
    assert secret not in caplog.text


def test_unknown_failure_is_a_sentence_with_a_number(
    predictor: Predictor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the log: where it broke, and not what the error says, which may be about the patient."""
    broken = HeldBack(predictor)
    monkeypatch.setattr(HeldBack, "predict_each", lambda *_, **__: {}["Jane-Doe.wav"])
    with TestClient(create_app(broken), raise_server_exceptions=False) as failing:  # type: ignore[arg-type]
        response = failing.post("/v1/predictions", files=[("files", ("Jane-Doe.wav", wav()))])
        assert response.status_code == 500
        said = response.json()["error"]
        number = said["message"].rpartition(" ")[2].rstrip(".")
        assert said["kind"] == "failure"
        assert f"failure {number}: KeyError at" in caplog.text
        assert "Jane-Doe" not in caplog.text
        assert response.headers["x-content-type-options"] == "nosniff"
        assert failing.get("/readyz").status_code == 200


def test_stopping_server_refuses_and_says_so(predictor: Predictor) -> None:
    with TestClient(create_app(predictor)) as ending:
        ending.app.state.service.is_stopping = True  # type: ignore[attr-defined]
        refused = ending.post("/v1/predictions", files=[("files", ("a.wav", wav()))])
        assert (refused.status_code, refused.json()["error"]["kind"]) == (503, "stopping")
        assert refused.headers["retry-after"] == "10"
        assert ending.get("/readyz").status_code == 503
        assert ending.get("/healthz").json() == {"status": "ok"}
        assert ending.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"queue": 0}, "The limit queue of the server must be greater than 0, not 0."),
        ({"sound_s": float("inf")}, "The limit sound_s of the server must be greater than 0"),
        ({"files": 9}, "The limit files must be at most 8, not 9."),
        (
            {"decoded_samples": 99},
            "At most 99 samples may be decoded at a time, less than the 5760000 of a single recording",
        ),
        ({"held_mb": 50}, "All requests together may hold 50 MB, less than the 100 MB of a single one"),
    ],
)
def test_limits_that_make_no_sense(limits: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Limits(**limits)
