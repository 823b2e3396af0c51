"""How many bytes of requests are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from heartprobe.server.errors import busy

#: What clients are told to wait when there is no room for their bytes.
_WAIT_S = 2.0


@dataclass(slots=True, eq=False)
class Room:
    """The room for the bodies of all requests; used from several threads.

    Attributes:
        size: In bytes.
        held: How many of them are taken.
    """

    size: int
    held: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def take(self, n_bytes: int) -> None:
        """Take some of it.

        Raises:
            RequestError: If there is not so much left (429).
        """
        with self._lock:
            if self.held + n_bytes > self.size:
                message = "So much is being uploaded to this server that there is no room for another request."
                raise busy(message, _WAIT_S)
            self.held += n_bytes

    def give(self, n_bytes: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self.held -= n_bytes

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Open the share of one request; it is given back when nobody needs it any more."""
        share = Share(self)
        try:
            yield share
        finally:
            share.let_go()


@dataclass(slots=True, eq=False)
class Share:
    """What one request holds.

    A client that leaves ends its request, but not the work that has begun: as long as this needs the
    bytes, they count.
    """

    room: Room = field(repr=False)
    held: int = 0
    _n_holders: int = 1
    _lock: Lock = field(default_factory=Lock, repr=False)

    def take(self, n_bytes: int) -> None:
        """Take more.

        Raises:
            RequestError: If there is no room (429).
        """
        self.room.take(n_bytes)
        self.held += n_bytes

    def lend(self) -> None:
        """Note that somebody else needs the bytes, too, and will let go of them."""
        with self._lock:
            self._n_holders += 1

    def let_go(self) -> None:
        """Give the bytes back if nobody else needs them."""
        with self._lock:
            self._n_holders -= 1
            is_last = self._n_holders == 0
        if is_last:
            self.room.give(self.held)
            self.held = 0
