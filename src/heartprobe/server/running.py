"""Starting a server, and stopping it without breaking off what runs."""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from heartprobe.data.recordings import Demographics
from heartprobe.errors import ConfigError
from heartprobe.server.connections import Connection
from heartprobe.server.examples import EXAMPLES, Examples
from heartprobe.server.service import PredictionTask, Service
from heartprobe.server.sounds import UploadedRecording

#: Messages of this server and of uvicorn, to standard error. uvicorn's access log is off: it shows the addresses that
#: were asked for, and they are the client's words.
LOG_CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "heartprobe.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn.error": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        # Says which bytes of a form are wrong.
        "python_multipart": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}

#: Largest head of a request: its first line and all headers.
_HEAD_BYTES: Final = 16_384

#: Connections that wait in the kernel until they are taken; how many may be open is a limit of the settings.
_BACKLOG: Final = 128


class GracefulServer(uvicorn.Server):
    """Stops in two steps: new requests are refused, and when those that run are done, it ends."""

    def __init__(self, app: FastAPI, *, announce: Callable[[], None] = lambda: None) -> None:
        """Prepare a server.

        Args:
            app: What `create_app` returns.
            announce: Called when requests are taken.
        """
        super().__init__(_configuration(app))
        self._service: Service = app.state.service
        self._announce = announce
        self._stop_by = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets)
        self._announce()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Begin to stop; the second time, stop at once."""
        if self._service.is_stopping:
            self.should_exit = self.force_exit = True
            return
        self._service.is_stopping = True
        self._stop_by = time.monotonic() + self._service.settings.limits.stop_time_s
        logging.getLogger("heartprobe.server").info(
            "stopping: %d running requests are finished, new ones refused", self._service.in_flight
        )

    async def on_tick(self, counter: int) -> bool:
        """Look whether everything that ran is done."""
        if self._service.is_stopping:
            is_done = self._service.in_flight == 0
            self.should_exit = self.should_exit or is_done or time.monotonic() > self._stop_by
        return await super().on_tick(counter)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket at an address, before anything slow is done.

    Raises:
        ConfigError: If the address is not this machine's, or taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as until_it_is_bound:
            listener = until_it_is_bound.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            until_it_is_bound.pop_all()
    except OSError as error:
        raise ConfigError(
            f"Nothing can be served at {host}, port {port}: {error.strerror or error}. "
            "Give another address with --host, or another port with --port."
        ) from None
    return listener


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def warm_up(service: Service) -> None:
    """Predict a synthetic patient, so that the first request is not slower than others, and a broken model shows.

    Raises:
        HeartprobeError: If the model cannot predict.
    """
    content = Examples().find(EXAMPLES[0].id, "sup_Mit")
    assert content is not None
    everything_known = Demographics(age=50.0, sex="F", smoker=False, lives="U")
    task = PredictionTask((UploadedRecording(content, "warm-up.wav"),), everything_known, uses_poor=True)
    for _ in service.predict([task]):
        pass


def serve(app: FastAPI, listener: socket.socket, *, announce: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, and return when everything that ran is answered.

    Args:
        app: What `create_app` returns.
        listener: What `bind` returns.
        announce: Called when requests are taken.
    """
    GracefulServer(app, announce=announce).run(sockets=[listener])


def _configuration(app: FastAPI) -> uvicorn.Config:
    service: Service = app.state.service
    limits = service.settings.limits
    of_connections = {
        "header_time_s": limits.header_time_s,
        "answer_time_s": limits.answer_time_s,
        "most_connections": limits.connections,
    }
    return uvicorn.Config(
        app,
        http=type("LimitedConnection", (Connection,), of_connections),
        ws="none",
        log_config=LOG_CONFIG,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=_HEAD_BYTES,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=5,
    )
