"""What uvicorn leaves open about a connection: one that says nothing, one that says too much, and no HTTP at all."""

from __future__ import annotations

import asyncio
import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from heartprobe.server.front_door import HEADERS

#: How long a client may go on sending what was refused, so that it reads the answer before the connection is closed.
_LINGER_S = 2.0


class Connection(H11Protocol):
    """One connection of a client.

    One on which no request is being answered, and on which none began for `header_time_s`, is closed,
    so that half-sent heads do not pile up. After a request that was refused before its end, what
    still comes is thrown away for two seconds, and then the connection is closed.
    """

    header_time_s = 10.0
    _watch: asyncio.TimerHandle | None = None
    _seen_cycle: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch."""
        super().connection_made(transport)
        self._watch = self.loop.call_later(self.header_time_s, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Close soon what has not been read to its end."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self.loop.call_later(_LINGER_S, self._close_unread, self.cycle)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP like every other error."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            # An answer is on its way or gone: another one would be nonsense.
            self.transport.close()
            return
        message = f"{msg} Its first line or a header is malformed, or its headers are too large."
        body = json.dumps({"error": {"kind": "malformed", "message": message}}).encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
            *HEADERS.items(),
        ]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _close_if_idle(self) -> None:
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if not is_answering and self.cycle is self._seen_cycle:
            self.transport.close()
            return
        # The cycle that is over now: if it is still the last one next time, nothing has begun since.
        self._seen_cycle = None if is_answering else self.cycle
        self._watch = self.loop.call_later(self.header_time_s, self._close_if_idle)

    def _close_unread(self, cycle: object) -> None:
        if self.cycle is cycle and self.conn.their_state is h11.SEND_BODY:
            self.transport.close()
