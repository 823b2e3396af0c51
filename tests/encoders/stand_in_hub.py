"""A stand-in for the Hugging Face hub on loopback: enough of its protocol for downloading files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class StandInHub:
    """What the hub holds and what it was asked.

    Attributes:
        repositories: Hub id -> folder with its files.
        gated: Hub ids that are served only with the token.
        broken: Hub ids that answer every request with 500.
        token: What opens a gated repository.
        requests: `METHOD path` of everything that was asked, in order.
    """

    repositories: dict[str, Path] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    token: str = "hf_stand_in"
    requests: list[str] = field(default_factory=list)
    endpoint: str = ""

    @contextmanager
    def serve(self) -> Iterator[StandInHub]:
        """Answer on a free port of the loopback interface."""
        hub = self

        class Handler(_Handler):
            state = hub

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: StandInHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *args: object) -> None:
        """Stay silent."""

    def _answer(self, *, with_body: bool) -> None:
        hub = self.state
        hub.requests.append(f"{self.command} {self.path}")
        # /OWNER/NAME/resolve/REVISION/FILE
        parts = self.path.lstrip("/").split("/")
        if len(parts) < 5 or parts[2] != "resolve":
            return self._refuse(404, "RepoNotFound")
        name, revision, filename = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
        if name in hub.broken:
            return self._refuse(500, "")
        if name not in hub.repositories:
            return self._refuse(401, "RepoNotFound")
        if name in hub.gated and self.headers.get("Authorization") != f"Bearer {hub.token}":
            return self._refuse(403, "GatedRepo")
        if revision not in ("main", COMMIT):
            return self._refuse(404, "RevisionNotFound")
        file = hub.repositories[name] / filename
        if not file.is_file():
            return self._refuse(404, "EntryNotFound")
        return self._send(file.read_bytes(), with_body=with_body)

    def _send(self, content: bytes, *, with_body: bool) -> None:
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", "0")
        if code:
            self.send_header("X-Error-Code", code)
        self.end_headers()
