"""What uvicorn leaves open about connections: too many, silent or deaf ones, what says too much, and no HTTP at all."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from heartprobe.server.errors import error_response, too_many_connections
from heartprobe.server.front_door import HEADERS

#: How long a client may go on sending what was refused, so that it reads the answer before the connection is closed.
_LINGER_S = 2.0

#: Connections beyond the limit that are told so at a time; what comes beyond these, too, is closed without a word.
_MOST_REFUSED = 64


class Connection(H11Protocol):
    """One connection of a client.

    One that is too many is answered 503 and closed. One on which no request is being answered, and on which none began
    for `header_time_s`, is closed, so that half-sent heads do not pile up; and so is one whose client does not read its
    answer for `answer_time_s`. After a request that was refused before its end, what still comes is thrown away for two
    seconds, and then the connection is closed.
    """

    header_time_s = 10.0
    answer_time_s = 60.0
    most_connections = 256
    _is_refused = False
    _watch: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _seen_cycle: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch, or refuse the connection."""
        super().connection_made(transport)
        others = [one for one in self.connections if one is not self]
        n_refused = sum(isinstance(one, Connection) and one._is_refused for one in others)
        if len(others) - n_refused >= self.most_connections:
            self._refuse(n_refused)
            return
        self._watch = self.loop.call_later(self.header_time_s, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        for timer in (self._watch, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; nobody listens to what a refused client asks."""
        if not self._is_refused:
            super().data_received(data)

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not read."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.answer_time_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client reads."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

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
        self._answer_at_once(error_response(400, "malformed", message))
        self.transport.close()

    def _refuse(self, n_refused: int) -> None:
        """Tell a client that there are too many, and throw away for a moment what it asks."""
        self._is_refused = True
        if n_refused >= _MOST_REFUSED:
            self.transport.abort()
            return
        self._answer_at_once(too_many_connections(self.most_connections).response())
        self._watch = self.loop.call_later(_LINGER_S, self.transport.abort)

    def _answer_at_once(self, response: Response) -> None:
        """Send an answer that no request has to be read for."""
        body, phrase = bytes(response.body), HTTPStatus(response.status_code).phrase
        headers = [*response.headers.items(), ("connection", "close"), *HEADERS.items()]
        for event in (
            h11.Response(status_code=response.status_code, headers=headers, reason=phrase),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")

    def _close_if_idle(self) -> None:
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if not is_answering and self.cycle is self._seen_cycle:
            self.transport.close()
            # Closing waits until the client has read everything.
            self._watch = self.loop.call_later(self.answer_time_s, self.transport.abort)
            return
        # The cycle that is over now: if it is still the last one next time, nothing has begun since.
        self._seen_cycle = None if is_answering else self.cycle
        self._watch = self.loop.call_later(self.header_time_s, self._close_if_idle)

    def _close_unread(self, cycle: object) -> None:
        if self.cycle is cycle and self.conn.their_state is h11.SEND_BODY:
            self.transport.close()
