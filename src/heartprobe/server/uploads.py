"""Reading a form while it arrives, into memory and nowhere else.

Starlette's own reader is not used: it writes files of more than a megabyte to a temporary folder,
and tells how large something is when all of it is there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from heartprobe.server.errors import ClientGoneError, RequestError, too_large, unfit
from heartprobe.server.form_parts import PartCollector, Upload
from heartprobe.server.memory import Share
from heartprobe.server.settings import Limits


@dataclass(frozen=True, slots=True)
class Form:
    """What a body held.

    Attributes:
        files: In their order.
        fields: Names and values, in their order.
    """

    files: tuple[Upload, ...]
    fields: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self.fields if key == name]

    def one(self, name: str) -> str | None:
        """Return the value of a field, `None` where it is not there or empty.

        Raises:
            RequestError: If it is there several times (422).
        """
        values = self.all(name)
        if len(values) > 1:
            raise unfit("fields", f"The field {name} is given {len(values)} times; give it once.")
        return (values[0] if values else "").strip() or None


async def read_form(
    request: Request, limits: Limits, share: Share, *, files_in: str, fields: Collection[str], most_files: int
) -> Form:
    """Read a multipart body, and stop as soon as it is more than it may be.

    Args:
        request: Its body has not been read.
        limits: What a body may be.
        share: Counts the bytes while they are in memory.
        files_in: The name of parts that are files.
        fields: The names of all others.
        most_files: How many files there may be.

    Raises:
        RequestError: 400 where the body is no form, 408 where it comes too slowly, 413 where it is too large, 415
            where it claims to be something else, 422 where it has other parts than expected.
        ClientGoneError: If the client has gone away.
    """
    _check_declared_length(request, limits)
    collector = PartCollector(limits, files_in, frozenset(fields), most_files)
    parser = MultipartParser(_boundary(request), collector.callbacks())
    n_bytes = 0
    try:
        async with asyncio.timeout(limits.body_time_s):
            async for chunk in request.stream():
                n_bytes += len(chunk)
                if n_bytes > limits.total_bytes:
                    raise _body_too_large(limits)
                share.take(len(chunk))
                parser.write(chunk)
    except TimeoutError:
        raise RequestError(
            408,
            "too-slow",
            f"The request did not arrive within {limits.body_time_s:g} s; send less, or over a faster connection.",
        ) from None
    except ClientDisconnect:
        raise ClientGoneError from None
    except FormParserError:
        raise _malformed("its parts cannot be told apart") from None
    if not collector.is_complete:
        raise _malformed("it ends before its last boundary")
    return Form(tuple(collector.files), tuple(collector.fields))


def _check_declared_length(request: Request, limits: Limits) -> None:
    declared = request.headers.get("content-length", "")
    # Twenty digits are more than any machine holds; converting millions of them takes its time.
    if re.fullmatch(r"[0-9]{1,20}", declared) and int(declared) > limits.total_bytes:
        raise _body_too_large(limits)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        raise RequestError(
            415,
            "not-a-form",
            "The body must be a form with files (Content-Type: multipart/form-data); see /openapi.json for its fields.",
        )
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise _malformed("Content-Type names no boundary of 1 to 70 characters")
    return boundary


def _malformed(what: str) -> RequestError:
    return RequestError(400, "malformed", f"The body is no complete form: {what}. Send it again.")


def _body_too_large(limits: Limits) -> RequestError:
    return too_large(
        f"The request is larger than the {limits.total_mb:g} MB that are taken; send fewer or shorter recordings."
    )
