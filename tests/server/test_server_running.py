"""The server as a process: its options, starting and stopping."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from heartprobe.cli import serve
from heartprobe.cli.app import app as command_line
from heartprobe.errors import BundleError, ConfigError, HeartprobeError
from heartprobe.server.running import bind, is_loopback
from served import form, wav
from served_process import answer, asked, head, running, upload


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


def test_run_folder_is_told_from_its_model(bundle: Path) -> None:
    """As with `heartprobe predict`."""
    run = bundle.parent
    result = CliRunner().invoke(command_line, ["serve", str(run), "--port", "0"])
    assert isinstance(result.exception, BundleError), result
    assert str(result.exception) == f"{run} is the folder of a run; its model lies in {bundle}. Name that one."


def test_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None if name == "uvicorn" else object())
    assert refusal() == (
        "`heartprobe serve` needs uvicorn, which is not installed. Install it in a checkout of heartprobe with: "
        'pip install -c constraints.txt ".[serve]"'
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
