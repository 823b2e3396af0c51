"""Connections as sockets: too many, silent, slow and deaf ones, and what is no HTTP."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from heartprobe.predict import Predictor
from heartprobe.server import Limits, Settings, create_app
from served import form, served, until, wav
from served_process import answer, asked, head, upload


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


def test_one_client_too_many_is_told_so(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With 503 and a sentence; what it asks is thrown away. When another one goes, there is a place."""
    monkeypatch.setattr("heartprobe.server.connections._LINGER_S", 0.3)
    with served(create_app(predictor, Settings(Limits(connections=3)))) as where:
        others = [socket.create_connection(where, 10) for _ in range(3)]
        others[0].sendall(head("/healthz", method="GET"))
        assert answer(others[0])[0] == 200
        with socket.create_connection(where, 10) as one_more:
            status, headers, said = answer(one_more)
            assert (status, said["error"]["kind"], headers["connection"]) == (503, "too-many", "close")
            assert said["error"]["message"] == (
                "3 clients are connected to this server, as many as may; try again in a moment."
            )
            assert (headers["retry-after"], headers["x-content-type-options"]) == ("2", "nosniff")
            one_more.sendall(head("/healthz", method="GET"))
            started = time.monotonic()
            with suppress(ConnectionResetError):
                assert one_more.recv(100) == b""
            assert time.monotonic() - started < 5
        # Nobody may try to make sense of it: the answer is over, which would break the connection.
        assert [record for record in caplog.records if record.name == "asyncio"] == []
        others.pop().close()
        time.sleep(0.1)
        assert asked(where, head("/healthz", method="GET"))[0] == 200
        for other in others:
            other.close()


def test_crowd_beyond_the_limit_is_closed_without_a_word(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that being told so costs no places, either."""
    monkeypatch.setattr("heartprobe.server.connections._MOST_REFUSED", 1)
    with served(create_app(predictor, Settings(Limits(connections=1)))) as where, ExitStack() as clients:
        first, second, third = [clients.enter_context(socket.create_connection(where, 10)) for _ in range(3)]
        assert answer(second)[0] == 503
        with suppress(ConnectionResetError):
            assert third.recv(100) == b""
        first.sendall(head("/healthz", method="GET"))
        assert answer(first)[0] == 200


def test_client_that_reads_no_answer_is_cut_off(predictor: Predictor) -> None:
    """It would hold a connection, and its answers in memory, for ever."""
    limits = Limits(answer_time_s=0.5, header_time_s=0.4)
    app = create_app(predictor, Settings(limits))
    with served(app) as where, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(10)
        deaf.connect(where)
        deaf.sendall(100 * head("/v1/examples/normal/sup_Mit.wav", method="GET"))
        until(lambda: is_cut_off(deaf))
    assert app.state.service.in_flight == 0


def is_cut_off(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"G")
    except ConnectionError:
        return True
    return False


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
