"""Every request goes through here: counted, timed, with safe headers, and never answered by a traceback."""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from heartprobe.server.errors import ClientGoneError, RequestError, error_response, stopping
from heartprobe.server.service import Service

#: One line for each request, without anything that could be about a patient.
ACCESS_LOG: Final = logging.getLogger("heartprobe.server.access")
LOG: Final = logging.getLogger("heartprobe.server")

#: What no page and no answer of this server needs is forbidden. Sounds and pictures that the page makes are blobs.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}

#: Asked by whatever watches over the server, also while it stops.
_ALWAYS_ANSWERED: Final = ("/healthz", "/readyz", "/metrics")

#: Stands in the log for the status of a request whose client went away.
_CLIENT_GONE: Final = 499


class FrontDoor:
    """The outermost part of the application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        started = time.monotonic()
        counts = scope["path"] not in _ALWAYS_ANSWERED
        self._service.in_flight += counts
        self._service.metrics.in_flight.inc()
        try:
            await self._let_in(scope, receive, answer, is_new=counts)
        finally:
            self._service.in_flight -= counts
            self._service.metrics.in_flight.dec()
            seconds = time.monotonic() - started
            route = _route(scope)
            self._service.metrics.answered(route, answer.status, seconds)
            ACCESS_LOG.info("%s %s %d %.0f ms", _method(scope), route, answer.status, seconds * 1000)

    async def _let_in(self, scope: Scope, receive: Receive, answer: _Answer, *, is_new: bool) -> None:
        try:
            if is_new and self._service.is_stopping:
                raise stopping()
            self._require_own_name(scope)
            await self._app(scope, receive, answer.send)
        except RequestError as error:
            await error.response()(scope, receive, answer.send)
        except ClientGoneError:
            answer.status = answer.status or _CLIENT_GONE
        except Exception as error:
            number = secrets.token_hex(4)
            LOG.error("failure %s: %s", number, _where(error))
            if answer.status:
                # Half an answer cannot be taken back; the connection is cut, so that it is not taken for whole.
                raise
            message = f"The server failed to answer; that is a fault of its own, noted in its log as failure {number}."
            await error_response(500, "failure", message)(scope, receive, answer.send)

    def _require_own_name(self, scope: Scope) -> None:
        hosts = self._service.settings.hosts
        if hosts is None:
            return
        name = Headers(scope=scope).get("host", "")
        try:
            is_own = urlsplit(f"//{name}").hostname in hosts
        except ValueError:
            is_own = False
        if not is_own:
            raise RequestError(
                421, "host", f"This server answers by the names {', '.join(sorted(hosts))}; ask it by one of them."
            )


class _Answer:
    """Notes the status of an answer, and gives it the headers that all have."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            # An answer is about a patient: it belongs into no cache.
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


def _where(error: Exception) -> str:
    """Return what kind of error was raised and where; its text may hold something about a patient."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames[-4:]))
    return f"{type(error).__name__} at {places}"


def _route(scope: Scope) -> str:
    """Return the pattern that a path matched: a path itself is the client's, and there is no end of them."""
    return str(getattr(scope.get("route"), "path", "none"))


def _method(scope: Scope) -> str:
    method = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "OTHER"
