"""Waiting for a result, for as long as there is somebody who wants it."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any, TypeVar

from fastapi import Request

from heartprobe.server.errors import ClientGoneError, stopping

Result = TypeVar("Result")


async def result_for(request: Request, future: Future[Result]) -> Result:
    """Return the result of a future; give it up when the client goes away.

    Raises:
        ClientGoneError: If nobody waits any more; the future is cancelled, so that it is not begun.
        RequestError: If the server ended before it was begun (503).
    """
    result = asyncio.wrap_future(future)
    gone = asyncio.ensure_future(_disconnected(request))
    both: set[asyncio.Future[Any]] = {result, gone}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            raise ClientGoneError
        if result.cancelled():
            raise stopping()
        return result.result()
    finally:
        result.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    # The body has been read: nothing comes but the end of the connection.
    while (await request.receive())["type"] != "http.disconnect":
        pass
