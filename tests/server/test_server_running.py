"""The server as a process, and its connections as sockets."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from heartprobe.cli import serve
from heartprobe.cli.app import app as command_line
from heartprobe.errors import ConfigError, HeartprobeError
from heartprobe.predict import Predictor
from heartprobe.server import Limits, Settings, create_app
from heartprobe.server.running import bind, is_loopback
from served import form, served, wav
from served_process import answer, asked, head, running, upload


@pytest.fixture(scope="module")
def address(predictor: Predictor) -> Iterator[tuple[str, int]]:
    limits = Limits(file_mb=0.5, total_mb=1.0, body_time_s=1.0, header_time_s=0.4)
    with served(create_app(predictor, Settings(limits))) as where:
        yield where


def test_good_request_over_a_socket(address: tuple[str, int]) -> None:
    status, headers, body = asked(address, upload(form(("files", "a_sup_Mit.wav", wav()))))
    assert status == 200
    assert body["recordings"][0]["position"] == "sup_Mit"
    assert "server" not in headers


def test_two_requests_on_one_connection(address: tuple[str, int]) -> None:
    with socket.create_connection(address, 20) as connection:
        for _ in range(2):
            connection.sendall(upload(form(("files", "a.wav", wav()))))
            assert answer(connection)[0] == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000,
        b"POST /v1/predictions HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400(address: tuple[str, int], sent: bytes) -> None:
    """As JSON, like every other error."""
    status, headers, body = asked(address, sent)
    assert (status, body["error"]["kind"]) == (400, "malformed")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["connection"] == "close"


def drip(connection: socket.socket, *, within_s: float) -> None:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        connection.sendall(b"x" * 10_000)
        time.sleep(0.01)


def test_refused_upload_is_answered_while_it_is_sent(address: tuple[str, int]) -> None:
    """The client reads 413 although it has not sent everything, and the connection is closed a little later."""
    with socket.create_connection(address, 10) as connection:
        connection.sendall(upload(b"x" * 10_000, length=500_000_000))
        status, _, body = answer(connection)
        assert (status, body["error"]["kind"]) == (413, "too-large")
        started = time.monotonic()
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            drip(connection, within_s=10)
        assert 0.2 < time.monotonic() - started < 5


def test_half_sent_heads_are_closed(address: tuple[str, int]) -> None:
    """After twice the time for a head at the latest; one that never says anything, too."""
    for sent in (b"", b"GET / HTTP/1.1\r\nHost:"):
        with socket.create_connection(address, 10) as connection:
            connection.sendall(sent)
            started = time.monotonic()
            assert connection.recv(100) == b""
            assert 0.3 < time.monotonic() - started < 2


def test_kept_connection_is_closed_when_idle(address: tuple[str, int]) -> None:
    with socket.create_connection(address, 10) as connection:
        connection.sendall(head("/healthz", method="GET"))
        assert answer(connection)[0] == 200
        assert connection.recv(100) == b""


def test_slow_and_half_sent_bodies(address: tuple[str, int]) -> None:
    """408 when the time is over; nothing at all for a client that hangs up."""
    body = form(("files", "a.wav", wav()))
    with socket.create_connection(address, 10) as connection:
        connection.sendall(upload(body[:-500], length=len(body)))
        status, _, said = answer(connection)
        assert (status, said["error"]["kind"]) == (408, "too-slow")
    with socket.create_connection(address, 10) as connection:
        connection.sendall(upload(body[:-500], length=len(body)))
    assert asked(address, head("/healthz", method="GET"))[0] == 200


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_stop_lets_running_requests_finish(bundle: Path, sign: signal.Signals) -> None:
    """New ones are answered 503 meanwhile, and the process exits with 0."""
    body = form(("files", "a.wav", wav()))
    with running(bundle) as (server, where), socket.create_connection(where, 30) as connection:
        connection.sendall(upload(body[:-500], length=len(body)))
        time.sleep(0.3)
        server.send_signal(sign)
        time.sleep(0.3)
        assert asked(where, head("/readyz", method="GET"))[0] == 503
        status, headers, said = asked(where, upload(body))
        assert (status, said["error"]["kind"], headers["connection"]) == (503, "stopping", "close")
        assert asked(where, head("/healthz", method="GET"))[0] == 200
        connection.sendall(body[-500:])
        assert answer(connection)[0] == 200
        assert server.wait(60) == 0
        assert server.stderr is not None
        said_last = server.stderr.read()
        assert "stopping: 1 running requests are finished, new ones refused" in said_last
        assert "Traceback" not in said_last


def test_idle_server_stops_at_once(bundle: Path) -> None:
    with running(bundle) as (server, where), socket.create_connection(where, 30) as idle:
        idle.sendall(b"GET / HTT")
        started = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
        assert time.monotonic() - started < 5


def test_token_of_the_environment(bundle: Path) -> None:
    with running(bundle, HEARTPROBE_TOKEN="s3cret") as (_, where):
        assert asked(where, head("/v1/model", method="GET"))[0] == 401
        assert asked(where, head("/v1/model", "Authorization: Bearer s3cret", method="GET"))[0] == 200


def test_taken_port_is_one_sentence() -> None:
    with bind("127.0.0.1", 0) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"Nothing can be served at 127\.0\.0\.1, port {port}: .*--port"):
            bind("127.0.0.1", port)
    with pytest.raises(ConfigError, match=r"Nothing can be served at 203\.0\.113\.1, port 80"):
        bind("203.0.113.1", 80)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("example.org", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def refusal(*options: str) -> str:
    """Return the sentence with which the command refuses."""
    result = CliRunner().invoke(command_line, ["serve", "nowhere", *options])
    assert isinstance(result.exception, HeartprobeError), result
    return str(result.exception)


def test_other_machines_need_a_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or the word that they need none; refused before anything is loaded."""
    monkeypatch.delenv("HEARTPROBE_TOKEN", raising=False)
    assert refusal("--host", "0.0.0.0") == (
        "--host 0.0.0.0 can be reached from other machines: give a token with --token-file or HEARTPROBE_TOKEN, or "
        "say --no-token if everybody may ask."
    )
    empty = tmp_path / "token"
    empty.write_text("\n")
    assert refusal("--token-file", str(empty)).endswith("is empty; it should hold the token that clients must show.")
    assert refusal("--token-file", str(empty), "--no-token").startswith("--no-token and --token-file contradict")
    empty.write_text("two words\n")
    assert refusal("--token-file", str(empty)).startswith("The token must consist of letters, digits and signs")
    assert refusal("--host", "0.0.0.0", "--port", "0", "--no-token").startswith("nowhere is no model folder")
    assert refusal("--runtime", "tensorflow", "--port", "0") == "--runtime tensorflow: expected torch or onnx."


def test_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None if name == "uvicorn" else object())
    assert refusal() == (
        "`heartprobe serve` needs uvicorn, which is not installed. Install it with: pip install 'heartprobe[serve]'"
    )


def test_model_that_cannot_predict_is_not_served(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows when the server starts, not when the first patient asks."""
    from heartprobe.errors import EncoderError
    from heartprobe.server.running import warm_up

    def broken(*_: object, **__: object) -> None:
        raise EncoderError("The encoder is damaged.")

    warm_up(app.state.service)
    monkeypatch.setattr(app.state.service, "predict", broken)
    with pytest.raises(EncoderError, match=r"The encoder is damaged\."):
        warm_up(app.state.service)
