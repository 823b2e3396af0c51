"""One of several processes that train together; `launch` starts it as `python -m` with this module.

Its job is one line of JSON on standard input, which then stays open for as long as whoever started it lives: when it
closes, this process ends at once, in the midst of whatever it does. Messages go to standard output, a JSON object each.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NoReturn

from heartprobe.pretraining.processes.job import LOST_A_PEER, Job

Send = Callable[[dict[str, Any]], None]


def main() -> None:
    """Do the job; the exit code is 0 when it is done."""
    # Unbuffered: a buffer that another thread waits for cannot be closed.
    from_parent = open(0, "rb", buffering=0)  # noqa: SIM115 (open to the end of the process)
    line = from_parent.readline()
    if not line:
        _end(1)  # the parent went before it could say anything
    job = Job(**json.loads(line))
    threading.Thread(target=_end_with_the_parent, args=[from_parent], daemon=True).start()
    send = _messages()
    # Imported when the watch is kept: this takes seconds, in which the parent may go.
    from heartprobe.errors import HeartprobeError
    from heartprobe.pretraining.processes.group import ConnectError, PeerLostError

    try:
        train(job, send)
        _end(0)
    except PeerLostError as error:
        send({"lost": _one_line(f"lost each other: {error}")})
        _end(LOST_A_PEER)
    except ConnectError as error:
        send({"lost": _one_line(f"cannot connect with each other: {error}")})
        _end(LOST_A_PEER)
    except HeartprobeError as error:
        send({"error": str(error)})
        _end(1)
    except Exception as error:  # whatever it is, the parent tells it
        send({"failure": _one_line(f"{type(error).__name__}: {error}")})
        _end(1)


def train(job: Job, send: Send) -> None:
    """Take all steps with the others; the first process writes checkpoints and tells how far they are."""
    import torch

    from heartprobe.errors import TrainingError
    from heartprobe.pretraining.batches import Batches
    from heartprobe.pretraining.checkpoints import read_checkpoint, write_checkpoint
    from heartprobe.pretraining.loop import take_steps
    from heartprobe.pretraining.processes.exchange import read_material
    from heartprobe.pretraining.processes.group import connect
    from heartprobe.pretraining.settings import PretrainingSettings
    from heartprobe.pretraining.state import TrainingState

    torch.set_num_threads(job.threads)
    device = torch.device(job.device if job.device == "cpu" else f"{job.device}:{job.rank}")
    settings = PretrainingSettings.model_validate(job.settings)
    real, synthetic, centroids = read_material(job.material)
    batches = Batches(real, synthetic, settings)
    with connect(job.rendezvous, job.rank, job.world_size, device) as group:
        state = TrainingState(settings, device, centroids, group)
        if job.from_step:
            read_checkpoint(Path(job.unfinished), state, job.made_for)
        if state.step != job.from_step:
            raise TrainingError(f"The checkpoint in {job.unfinished} changed while it was read; begin again.")
        first = job.rank == 0
        take_steps(
            state,
            batches,
            advance=lambda n: send({"advance": n}) if first else None,
            note=lambda text: send({"note": text}) if first else None,
            keep=lambda: write_checkpoint(Path(job.unfinished), state, job.made_for) if first else None,
        )


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _end_with_the_parent(from_parent: IO[bytes]) -> None:
    from_parent.read()
    os._exit(1)


def _end(code: int) -> NoReturn:
    """End without waiting for others, for whom the connection may wait forever."""
    sys.stderr.flush()
    os._exit(code)


def _messages() -> Send:
    """Return what sends a message, and keep whatever else is printed out of the messages."""
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def send(message: dict[str, Any]) -> None:
        try:
            pipe.write(json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            _end(1)  # nobody listens any more

    return send


if __name__ == "__main__":
    main()
