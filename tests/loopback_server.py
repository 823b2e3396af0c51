"""A real web server on loopback that serves bytes well or badly, as a test asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What the server does with one path.

    Attributes:
        body: The whole file.
        etag: Its validator; `None` sends none.
        last_modified: The other validator.
        ranges: Whether ranges are served.
        length: Whether `Content-Length` is sent (otherwise the body is chunked).
        break_after: For the n-th request, after how many bytes of the answer the connection is cut;
            `None` for never. Requests beyond the list are served whole.
        stall_after: The same for sending nothing more, until the server stops.
        status: For the n-th request, a status to answer instead; `None` for none.
        headers: Further headers of every answer.
        encoding: A `Content-Encoding` to claim.
        wrong_range: Whether ranges are answered with another range than asked for.
    """

    body: bytes = b""
    etag: str | None = '"v1"'
    last_modified: str | None = None
    ranges: bool = True
    length: bool = True
    break_after: list[int | None] = field(default_factory=list)
    stall_after: list[int | None] = field(default_factory=list)
    status: list[int | None] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None
    wrong_range: bool = False


@dataclass
class Request:
    """One request that came in, and how many bytes of a body went out."""

    path: str
    headers: dict[str, str]
    sent: int = 0


class LoopbackServer:
    """Pages by path, and the requests that came in."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self.got_request = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner._answer(self)

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients that hang up are what is tested
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        nth = len(self.asked(handler.path))
        request = Request(handler.path, dict(handler.headers))
        self.requests.append(request)
        page = self.pages.get(handler.path)
        status = (_nth(page.status, nth) if page else 404) or 200
        if page is None or status != 200:
            self._answer_empty(handler, status, page.headers if page else {})
            return
        start = self._start(page, request)
        handler.send_response(206 if start is not None else 200)
        if start is not None:
            shown = start + 1 if page.wrong_range else start
            handler.send_header("Content-Range", f"bytes {shown}-{len(page.body) - 1}/{len(page.body)}")
        body = page.body[start or 0 :]
        for name, value in {"ETag": page.etag, "Last-Modified": page.last_modified}.items():
            if value is not None:
                handler.send_header(name, value)
        if page.encoding:
            handler.send_header("Content-Encoding", page.encoding)
        for name, value in page.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body))) if page.length else handler.send_header(
            "Transfer-Encoding", "chunked"
        )
        handler.end_headers()
        self._send(handler, request, body, page, nth)

    @staticmethod
    def _answer_empty(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    @staticmethod
    def _start(page: Page, request: Request) -> int | None:
        asked = request.headers.get("Range")
        if asked is None or not page.ranges:
            return None
        if request.headers.get("If-Range") not in (page.etag or page.last_modified, None):
            return None
        return int(asked.removeprefix("bytes=").removesuffix("-"))

    def _send(self, handler: BaseHTTPRequestHandler, request: Request, body: bytes, page: Page, nth: int) -> None:
        cut, stall = _nth(page.break_after, nth), _nth(page.stall_after, nth)
        end = min(x for x in (cut, stall, len(body)) if x is not None)
        for at in range(0, end, 16_384):
            piece = body[at : min(at + 16_384, end)]
            handler.wfile.write(piece if page.length else b"%x\r\n%s\r\n" % (len(piece), piece))
            request.sent += len(piece)
        handler.wfile.flush()
        self.got_request.set()
        if stall is not None:
            self.stopping.wait(30)
        if cut is not None or stall is not None:
            handler.close_connection = True
            return
        if not page.length:
            handler.wfile.write(b"0\r\n\r\n")


@contextmanager
def loopback_server() -> Iterator[LoopbackServer]:
    """Run a server until the end of the block."""
    server = LoopbackServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _nth(values: list[int | None], n: int) -> int | None:
    return values[n] if n < len(values) else None
