"""The steps of a pre-training, taken by several processes of this machine: what `loop.take_steps` is for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from heartprobe.errors import TrainingError
from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.checkpoints import read_checkpoint
from heartprobe.pretraining.processes.exchange import exchange_folder, write_material
from heartprobe.pretraining.processes.job import Job
from heartprobe.pretraining.processes.launch import run_workers
from heartprobe.pretraining.state import TrainingState
from heartprobe.progress import Advance


def take_steps_together(
    state: TrainingState,
    batches: Batches,
    *,
    processes: int,
    device: torch.device,
    unfinished: Path,
    made_for: str,
    advance: Advance,
    note: Callable[[str], None],
) -> None:
    """Take the steps that are left, each shared by all processes.

    Args:
        state: What learns, on the processor; where it has taken steps already, the checkpoint holds it.
        batches: What is heard in each step.
        processes: How many there are, each with as many threads as this one has.
        device: `cpu`, or `cuda` for a CUDA device each.
        unfinished: Folder of the checkpoint, which the processes read and write.
        made_for: Which checkpoint is meant.
        advance: Told of every step.
        note: Told of the loss now and then.

    Raises:
        TrainingError: The loss is not finite, or a process ended before the last step.
    """
    with exchange_folder(unfinished) as exchange:
        job = Job(
            settings=state.settings.model_dump(mode="json"),
            unfinished=str(unfinished.resolve()),
            exchange=str(exchange.resolve()),
            made_for=made_for,
            from_step=state.step,
            device=device.type,
            threads=torch.get_num_threads(),
            world_size=processes,
        )
        write_material(job.material, batches.real, batches.synthetic, state.centroids)
        run_workers(job, advance=advance, note=note)
    if not read_checkpoint(unfinished, state, made_for):
        raise TrainingError(f"The checkpoint in {unfinished} cannot be read; the same command begins anew.")
