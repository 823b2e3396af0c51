"""The server as tests ask it: in the same thread, on a real socket, or with a model that waits for a sign."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import uvicorn
from fastapi import FastAPI

from heart_like_sounds import RATE_HZ, beating
from heartprobe.config.load import load_config
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.experiment import run_experiment
from heartprobe.machine import Machine
from heartprobe.predict import Predictor
from heartprobe.progress import SilentProgress
from heartprobe.server.running import GracefulServer, bind

BOUNDARY = b"xxBOUNDARYxx"
FORM = {"content-type": "multipart/form-data; boundary=xxBOUNDARYxx"}


def wav(bpm: float = 70, duration_s: float = 6.0, *, rate_hz: int = RATE_HZ, seed: int = 0, kind: str = "WAV") -> bytes:
    """Return a sound file with a beating heart in some noise."""
    file = io.BytesIO()
    soundfile.write(file, 0.9 * beating(bpm, duration_s, rate_hz=rate_hz, seed=seed), rate_hz, format=kind)
    return file.getvalue()


def form(*parts: tuple[str, str | None, bytes], is_complete: bool = True) -> bytes:
    """Return a multipart body of parts: name, file name or none, content."""
    body = b""
    for name, file_name, content in parts:
        disposition = f'form-data; name="{name}"' + ("" if file_name is None else f'; filename="{file_name}"')
        body += b"--" + BOUNDARY + b"\r\nContent-Disposition: " + disposition.encode("utf-8", "surrogatepass")
        body += b"\r\n\r\n" + content + b"\r\n"
    return body + (b"--" + BOUNDARY + b"--\r\n" if is_complete else b"")


@dataclass
class Asked:
    """What came of a request to the application itself."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    n_taken: int = 0

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    app: FastAPI,
    path: str,
    chunks: Sequence[bytes] = (),
    *,
    headers: dict[str, str] | None = None,
    pause_s: float = 0.0,
    goes_away: bool = False,
    leaves_after_s: float = 3600.0,
) -> Asked:
    """Send a POST chunk by chunk, and note how many of them were taken.

    Args:
        app: Asked without any HTTP between.
        path: Where.
        chunks: The body.
        headers: `FORM` by default.
        pause_s: Between chunks.
        goes_away: Whether the client is gone after the last chunk, instead of ending its body.
        leaves_after_s: How long it waits for the answer.
    """
    asked = Asked()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in (headers or FORM).items()],
        "client": ("test", 1),
        "server": ("test", 80),
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        if asked.n_taken < len(chunks):
            await asyncio.sleep(pause_s)
            asked.n_taken += 1
            more = goes_away or asked.n_taken < len(chunks)
            return {"type": "http.request", "body": chunks[asked.n_taken - 1], "more_body": more}
        if goes_away:
            return {"type": "http.disconnect"}
        await asyncio.sleep(leaves_after_s)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            asked.status = message["status"]
            asked.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            asked.body += message.get("body", b"")

    asyncio.run(app(scope, receive, send))
    return asked


def trained(synthetic: Path, folder: Path, *overrides: str) -> Path:
    """Train on the synthetic patients and return the bundle."""
    config = load_config(
        overrides=[
            "models.default_model=logmel",
            "training.multi_label=true",
            "audio.duration=5",
            "evaluation.bootstrap_draws=100",
            *overrides,
        ]
    )
    recordings = read_bmd_hs(synthetic, config.dataset)
    run_experiment(config, recordings, folder, machine=Machine(device="cpu"), progress=SilentProgress())
    return folder / "bundle"


class HeldBack:
    """A predictor that predicts nothing before it is released, and notes the size of every call."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self.released = threading.Event()
        self.entered = threading.Event()
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._predictor, name)

    def predict_each(self, patients: Any, *, uses_poor: bool = False) -> Any:
        given = list(patients)
        self.sizes.append(len(given))
        self.entered.set()
        assert self.released.wait(30)
        yield from self._predictor.predict_each(given, uses_poor=uses_poor)


@contextmanager
def served(app: FastAPI) -> Iterator[tuple[str, int]]:
    """Serve an application on loopback, as `heartprobe serve` does, and yield its address."""
    with bind("127.0.0.1", 0) as listener:
        server: uvicorn.Server = GracefulServer(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


def until(condition: Any, *, within_s: float = 10.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def silence(duration_s: float = 6.0) -> bytes:
    """Return a sound file in which all samples are 0."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(round(duration_s * RATE_HZ)), RATE_HZ, format="WAV")
    return file.getvalue()
