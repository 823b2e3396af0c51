"""Hundreds of requests that mean no good, over real sockets, to a real process."""

from __future__ import annotations

import json
import re
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hostile_requests import Hostile, hostile_requests

from served import form, wav
from served_process import answer, asked, head, running, upload

Address = tuple[str, int]

#: What a process may grow by after the first quarter of the requests. It is the allocator that keeps some memory for
#: each thread: after thousands of requests it has enough.
GROWTH_MB = 60


def status_of(address: Address, request: Hostile) -> int:
    """Send a request and return the status of its answer; 0 where the connection was closed instead.

    Whatever is refused must be refused in the one form in which errors are answered.
    """
    try:
        with socket.create_connection(address, 20) as connection:
            for piece in request.pieces:
                connection.sendall(piece)
                time.sleep(request.pause_s)
            if request.hangs_up:
                return 0
            status, headers, body = answer(connection)
    except (ConnectionResetError, BrokenPipeError):
        # It was answered and closed while bytes were still on their way.
        return 0
    if status >= 400:
        assert body["error"].keys() == {"kind", "message"}, request.about
        assert headers["content-type"] == "application/json"
        assert "Traceback" not in body["error"]["message"]
    return status


def resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


def n_threads_and_files(pid: int) -> tuple[int, int]:
    return len(list(Path(f"/proc/{pid}/task").iterdir())), len(list(Path(f"/proc/{pid}/fd").iterdir()))


def prediction(address: Address) -> object:
    status, _, body = asked(address, upload(form(("files", "good_sup_Mit.wav", wav(72, 8.0, seed=5)))))
    assert status == 200
    return body


def survives(bundle: Path, log: Path, n: int, *, seed: int) -> None:
    with running(bundle, "--body-time-s", "1.5", log=log) as (server, address):
        before = prediction(address)
        first = list(hostile_requests(n // 4, seed=seed + 1))
        with ThreadPoolExecutor(4) as clients:
            list(clients.map(lambda request: status_of(address, request), first))
            settled_mb, settled = resident_mb(server.pid), n_threads_and_files(server.pid)
            requests = list(hostile_requests(n, seed=seed))
            statuses = list(clients.map(lambda request: status_of(address, request), requests))
        failed = [request.about for request, status in zip(requests, statuses, strict=True) if status >= 500]
        assert failed == []
        found = Counter(statuses)
        assert found.keys() <= {0, 200, 304, 400, 404, 405, 408, 413, 415, 421, 422, 429}
        # The generator has not become harmless.
        assert found.keys() >= {200, 400, 404, 408, 413, 415, 421, 422}
        assert json.dumps(prediction(address)) == json.dumps(before)
        grown_mb = resident_mb(server.pid) - settled_mb
        assert grown_mb < GROWTH_MB, f"grown by {grown_mb:.0f} MB"
        n_threads, n_files = n_threads_and_files(server.pid)
        assert n_threads <= settled[0] + 4
        assert n_files <= settled[1] + 8
        metrics = asked(address, head("/readyz", method="GET"))
        assert metrics[0] == 200
    text = log.read_text()
    assert "Traceback" not in text
    assert "failure" not in text
    assert "passwd" not in text


@pytest.mark.timeout(300)
def test_hostile_requests(bundle: Path, tmp_path: Path) -> None:
    """No 5xx, no traceback, no growth, and the next good request is answered as the first one was."""
    survives(bundle, tmp_path / "log", 204, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_two_thousand_hostile_requests(bundle: Path, tmp_path: Path) -> None:
    survives(bundle, tmp_path / "log", 2004, seed=2)
