"""Starting processes that train together, listening to them, and leaving none behind."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

from heartprobe.errors import TrainingError
from heartprobe.pretraining.checkpoints import has_checkpoint
from heartprobe.pretraining.processes.job import LOST_A_PEER, Job
from heartprobe.progress import Advance

#: The module that each process runs.
WORKER = "heartprobe.pretraining.processes.worker"
_KEPT = "The last checkpoint is kept, and the same command goes on from there."
_NOT_KEPT = "No checkpoint was written yet; the same command begins anew."

#: How long the others may take to say what happened when one of them has ended, in s.
_TO_EXPLAIN_S = 3.0


def run_workers(job: Job, *, advance: Advance, note: Callable[[str], None]) -> None:
    """Take all steps in `job.world_size` processes; the last checkpoint holds the result.

    No process outlives this call, whatever ends it, be it an interruption; and none outlives the caller.

    Args:
        job: What each of them is told.
        advance: Told of every step.
        note: Told what the first process says.

    Raises:
        TrainingError: A process ended before the last step.
    """
    with _workers(job) as workers, selectors.DefaultSelector() as talking:
        for worker in workers:
            talking.register(worker.messages, selectors.EVENT_READ, worker)
        while talking.get_map() and not any(worker.process.returncode for worker in workers):
            _hear(talking, None, advance, note)
        deadline = time.monotonic() + _TO_EXPLAIN_S
        while talking.get_map() and (left_s := deadline - time.monotonic()) > 0:
            _hear(talking, left_s, advance, note)
        if any(worker.process.returncode != 0 for worker in workers):
            raise TrainingError(_reason(workers, job))


@dataclass(eq=False)
class _Worker:
    """A process, and what it has said.

    Attributes:
        process: The process.
        error: The sentence of an error that the user can cause, once it has said one.
        failure: What else went wrong.
        lost: What it says, of all of them, when it lost another one or did not find it.
        begun: The beginning of a message.
    """

    process: subprocess.Popen[bytes]
    error: str = ""
    failure: str = ""
    lost: str = ""
    begun: bytes = b""

    @property
    def job(self) -> IO[bytes]:
        """Where its job goes; it ends when this is closed."""
        return cast(IO[bytes], self.process.stdin)

    @property
    def messages(self) -> IO[bytes]:
        """Where its messages come from."""
        return cast(IO[bytes], self.process.stdout)


def _hear(
    talking: selectors.BaseSelector, timeout_s: float | None, advance: Advance, note: Callable[[str], None]
) -> None:
    """Pass on what the processes say, and see which have ended."""
    for key, _ in talking.select(timeout_s):
        worker: _Worker = key.data
        content = os.read(key.fd, 65536)
        *lines, worker.begun = (worker.begun + content).split(b"\n")
        for message in map(json.loads, lines):
            if "advance" in message:
                advance(message["advance"])
            if "note" in message:
                note(message["note"])
            worker.error = message.get("error", worker.error)
            worker.failure = message.get("failure", worker.failure)
            worker.lost = message.get("lost", worker.lost)
        if not content:
            talking.unregister(worker.messages)
            worker.process.wait()


def _reason(workers: Sequence[_Worker], job: Job) -> str:
    """Return in a sentence or two why not all processes came to the end, and what is left of their work."""
    for worker in workers:
        if worker.error:
            return worker.error
    kept = _KEPT if has_checkpoint(Path(job.unfinished), job.made_for) else _NOT_KEPT
    return f"{_cause(workers)}. {kept}"


def _cause(workers: Sequence[_Worker]) -> str:
    """Return what ended them, without a full stop; that some lost another one tells the least, and comes last."""
    named = [(f"Process {number} of {len(workers)}", worker) for number, worker in enumerate(workers, 1)]
    for name, worker in named:
        if worker.failure:
            return f"{name} failed: {worker.failure}"
    for name, worker in named:
        code = worker.process.returncode
        if code is not None and code < 0:
            advice = "; where memory ran out, take fewer --processes" if -code == signal.SIGKILL else ""
            return f"{name} was ended by {signal.Signals(-code).name}{advice}"
        if code not in (None, 0, LOST_A_PEER):
            return f"{name} ended with exit code {code}"
    return f"The {len(workers)} processes {next((w.lost for w in workers if w.lost), 'lost each other')}"


@contextmanager
def _workers(job: Job) -> Iterator[list[_Worker]]:
    """Start all processes, and end them with the block."""
    workers: list[_Worker] = []
    try:
        for rank in range(job.world_size):
            workers.append(_Worker(_start()))
            # One that has ended already is noticed when its messages are read.
            with suppress(BrokenPipeError):
                workers[-1].job.write(replace(job, rank=rank).line())
                workers[-1].job.flush()
        yield workers
    finally:
        for worker in workers:
            # Not asked to end: checkpoints are there whole or not at all.
            worker.process.kill()
        for worker in workers:
            worker.process.wait()
            worker.messages.close()
            with suppress(BrokenPipeError):
                worker.job.close()


def _start() -> subprocess.Popen[bytes]:
    """Start a process that finds modules where this one does.

    It is in a group of its own: Ctrl-C on a terminal is for this process alone, which ends the others.
    """
    environment = {**_on_loopback(), **os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    command = [sys.executable, "-P", "-m", WORKER]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, process_group=0)


def _on_loopback() -> dict[str, str]:
    """Return what makes Gloo listen where no other machine can connect, and need no name of this one."""
    names = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    return {"GLOO_SOCKET_IFNAME": names[0]} if names else {}
