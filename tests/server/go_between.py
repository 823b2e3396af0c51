"""A way to a real server on which answers can be lost or replaced: what a browser sees of a busy or absent one."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PASSED_ON = ("content-type", "authorization")


class GoBetween:
    """Passes requests on to a server on loopback.

    Attributes:
        port: Where it listens.
        refusals: Answers (status, kind, message, headers) that the next posts get instead, the first one first.
        is_gone: Whether every connection is closed without an answer.
        posts: How many posts were passed on.
    """

    def __init__(self, server_port: int) -> None:
        self.refusals: list[tuple[int, str, str, dict[str, str]]] = []
        self.is_gone = False
        self.posts = 0
        owner = self

        # HTTP/1.0: a browser tries again by itself where a connection that it has used before is closed.
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner._pass_on(self, server_port)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # browsers hang up when they like
        self.port = self.server.server_address[1]

    def _pass_on(self, handler: BaseHTTPRequestHandler, server_port: int) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if self.is_gone:
            return
        if handler.command == "POST" and self.refusals:
            status, kind, message, headers = self.refusals.pop(0)
            content = json.dumps({"error": {"kind": kind, "message": message}}).encode()
            _answer(handler, status, {"Content-Type": "application/json", **headers}, content)
            return
        self.posts += handler.command == "POST"
        connection = http.client.HTTPConnection("127.0.0.1", server_port, timeout=60)
        passed_on = {name: value for name, value in handler.headers.items() if name.lower() in _PASSED_ON}
        connection.request(handler.command, handler.path, body, passed_on)
        answer = connection.getresponse()
        content = answer.read()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in ("content-length", "date")}
        connection.close()
        _answer(handler, answer.status, headers, content)


def _answer(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def go_between(server_port: int) -> Iterator[GoBetween]:
    """Run one until the block ends."""
    between = GoBetween(server_port)
    thread = threading.Thread(target=between.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield between
    finally:
        between.server.shutdown()
        between.server.server_close()
        thread.join()
