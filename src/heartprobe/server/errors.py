"""Why a request is refused: a status, a fixed word, and one sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping

from starlette.responses import JSONResponse

from heartprobe.errors import HeartprobeError


class RequestError(HeartprobeError):
    """A request that is refused.

    Attributes:
        status: HTTP status.
        kind: A fixed word for programs.
        headers: Headers of the answer.
    """

    def __init__(self, status: int, kind: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """Return the answer."""
        return error_response(self.status, self.kind, str(self), headers=self.headers)


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


def error_response(status: int, kind: str, message: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the one form in which errors are answered."""
    return JSONResponse({"error": {"kind": kind, "message": message}}, status, dict(headers or {}))


def too_large(message: str) -> RequestError:
    """Return the refusal of something that has too many bytes."""
    return RequestError(413, "too-large", message)


def unfit(kind: str, message: str) -> RequestError:
    """Return the refusal of fields or files that are well-formed and cannot be used."""
    return RequestError(422, kind, message)


def busy(message: str, wait_s: float) -> RequestError:
    """Return the refusal of what could be answered a little later."""
    wait = min(max(1, math.ceil(wait_s)), 60)
    return RequestError(429, "busy", f"{message} Try again in {wait} s.", headers={"Retry-After": str(wait)})


def too_many_connections(most: int) -> RequestError:
    """Return the refusal of a client that is one too many."""
    return RequestError(
        503,
        "too-many",
        f"{most} clients are connected to this server, as many as may; try again in a moment.",
        headers={"Retry-After": "2"},
    )


def stopping() -> RequestError:
    """Return the refusal of a server that is being stopped."""
    return RequestError(
        503,
        "stopping",
        "The server is being stopped and takes no new requests; try again when it is back.",
        headers={"Retry-After": "10", "Connection": "close"},
    )
