"""How many bytes of requests are in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from heartprobe.server.errors import busy

#: What clients are told to wait when there is no room for their bytes.
_WAIT_S = 2.0


@dataclass(slots=True, eq=False)
class Room:
    """The room for the bodies of all requests; used from the event loop only.

    Attributes:
        size: In bytes.
        held: How many of them are taken.
    """

    size: int
    held: int = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Open the share of one request, which is given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.held -= share.held


@dataclass(slots=True, eq=False)
class Share:
    """What one request holds."""

    room: Room = field(repr=False)
    held: int = 0

    def take(self, n_bytes: int) -> None:
        """Take more.

        Raises:
            RequestError: If there is no room (429).
        """
        if self.room.held + n_bytes > self.room.size:
            raise busy("So much is being uploaded to this server that there is no room for another request.", _WAIT_S)
        self.room.held += n_bytes
        self.held += n_bytes
