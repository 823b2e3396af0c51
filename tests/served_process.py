"""`heartprobe serve` as a process, and what is sent to it through sockets."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from served import BOUNDARY, until

HEARTPROBE = Path(sys.executable).with_name("heartprobe")


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def upload(body: bytes, *, length: int | None = None, path: str = "/v1/predictions") -> bytes:
    kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}"
    return head(path, kind, f"Content-Length: {len(body) if length is None else length}") + body


def answer(connection: socket.socket) -> tuple[int, dict[str, str], Any]:
    """Read one answer, JSON or bytes; status 0 where the connection is closed instead."""
    received, status = b"", 100
    while status == 100:
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                return 0, {}, received
            received += piece
        first, _, received = received.partition(b"\r\n\r\n")
        lines = first.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    length = int(headers["content-length"])
    while len(received) < length:
        received += connection.recv(65536)
    is_json = headers.get("content-type") == "application/json"
    return status, headers, json.loads(received[:length]) if is_json else received[:length]


def asked(address: tuple[str, int], request: bytes, timeout_s: float = 20.0) -> tuple[int, dict[str, str], Any]:
    with socket.create_connection(address, timeout_s) as connection:
        connection.sendall(request)
        return answer(connection)


@contextmanager
def running(
    bundle: Path, *options: str, log: Path | None = None, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """Run `heartprobe serve` as a process, and yield it with its address.

    Args:
        bundle: The model.
        options: Of the command.
        log: Where its standard error goes; to a pipe without it.
        environment: Variables beside those of the tests.
    """
    command = [HEARTPROBE, "serve", str(bundle), "--port", "0", "--device", "cpu", *options]
    with ExitStack() as files:
        stderr = subprocess.PIPE if log is None else files.enter_context(log.open("w"))
        server = subprocess.Popen(command, stderr=stderr, text=True, env=os.environ | environment)
    try:
        line = server.stderr.readline() if server.stderr is not None else _first_line(log, server)
        assert line.startswith(f"Serving {bundle} at http://127.0.0.1:"), line
        yield server, ("127.0.0.1", int(line.split("127.0.0.1:")[1].split(" ")[0]))
    finally:
        server.kill()
        server.communicate()


def _first_line(log: Path | None, server: subprocess.Popen[str]) -> str:
    assert log is not None
    until(lambda: log.read_text() or server.poll() is not None, within_s=60)
    return log.read_text()
