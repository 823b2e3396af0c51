"""One pre-training from recordings to an encoder folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError, TrainingError
from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.checkpoints import identity, read_checkpoint, write_checkpoint
from heartprobe.pretraining.clusters import find_centroids
from heartprobe.pretraining.encoder_folder import write_encoder_folder
from heartprobe.pretraining.loop import take_steps
from heartprobe.pretraining.processes.job import Job
from heartprobe.pretraining.processes.launch import exchange_folder, train_together
from heartprobe.pretraining.processes.material_file import write_material
from heartprobe.pretraining.processes.requirements import require_devices, require_shares
from heartprobe.pretraining.real_material import RealMaterial, real_material
from heartprobe.pretraining.settings import PretrainingSettings
from heartprobe.pretraining.state import TrainingState
from heartprobe.pretraining.synthetic_material import synthetic_material
from heartprobe.progress import Advance, Progress


def pretrain(
    recordings: RecordingSet,
    folder: Path,
    settings: PretrainingSettings,
    *,
    progress: Progress,
    device: torch.device | None = None,
    processes: int = 1,
) -> Path:
    """Pre-train an encoder and write its folder; interrupted, the same call goes on where it stopped.

    On one machine, with one number of threads and processes, the same recordings and settings give the same bytes.

    Args:
        recordings: Real recordings with labels for normal and abnormal.
        folder: Where the encoder goes; it must not exist. `FOLDER.unfinished` beside it holds the last checkpoint.
        settings: Everything that changes a number.
        progress: Told of recordings, steps and losses.
        device: What to train on; the processor by default. With several processes `cuda` is a CUDA device each.
        processes: How many share each step, each with as many threads as this one has; they give what one gives, up to
            rounding, and a run may go on with another number.

    Raises:
        ConfigError: The folder is taken, the settings do not fit the recordings, or the processes do not fit the
            settings or the machine.
        TrainingError: The loss is not finite, or a process ended.
    """
    require_free(folder)
    device = device or torch.device("cpu")
    require_shares(settings.schedule, processes)
    require_devices(device, processes)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    real = real_material(recordings, settings.material, settings.architecture, progress)
    synthetic = synthetic_material(settings.material, settings.architecture, progress)
    # Several processes have the devices to themselves.
    own = device if processes == 1 else torch.device("cpu")
    state = TrainingState(settings, own, find_centroids(real.spectra, settings))
    batches = Batches(real, synthetic, settings)
    made_for = identity(settings, _digest(real))
    if read_checkpoint(unfinished, state, made_for):
        progress.note(f"Going on after step {state.step} of {settings.schedule.steps}.")
    with progress.task("Pre-training", settings.schedule.steps, "steps") as advance:
        advance(state.step)
        if processes == 1 or state.step == settings.schedule.steps:
            keep = partial(write_checkpoint, unfinished, state, made_for)
            take_steps(state, batches, advance=advance, note=progress.note, keep=keep)
        else:
            with exchange_folder(unfinished) as exchange:
                job = Job(
                    settings=settings.model_dump(mode="json"),
                    unfinished=str(unfinished.resolve()),
                    exchange=str(exchange.resolve()),
                    made_for=made_for,
                    from_step=state.step,
                    device=device.type,
                    threads=torch.get_num_threads(),
                    size=processes,
                )
                _train_together(state, batches, job, advance, progress.note)
    counts = {site: int((real.sites == site).sum()) for site in sorted(set(real.sites))}
    write_encoder_folder(folder, state.average.network, settings, heard=counts)
    shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def require_free(folder: Path) -> None:
    """Refuse a folder in which something lies."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already; name another folder with --out, or remove this one first.")


def _train_together(
    state: TrainingState, batches: Batches, job: Job, advance: Advance, note: Callable[[str], None]
) -> None:
    """Bring the state to the last step by several processes."""
    write_material(job.material, batches.real, batches.synthetic, state.centroids)
    train_together(job, advance=advance, note=note)
    if not read_checkpoint(Path(job.unfinished), state, job.made_for):
        raise TrainingError(f"The checkpoint in {job.unfinished} cannot be read; the same command begins anew.")


def _digest(real: RealMaterial) -> str:
    """Return the SHA-256 of what is heard and of its labels."""
    digest = hashlib.sha256(real.spectra.levels.view(torch.int16).numpy().data)
    for array in (real.spectra.starts, real.is_abnormal, real.is_labelled):
        digest.update(array.tobytes())
    digest.update("\n".join(real.sites).encode())
    return digest.hexdigest()
