"""One pre-training from recordings to an encoder folder."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path

import torch

from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError
from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.checkpoints import identity, read_checkpoint, write_checkpoint
from heartprobe.pretraining.clusters import find_centroids
from heartprobe.pretraining.encoder_folder import write_encoder_folder
from heartprobe.pretraining.loop import take_steps
from heartprobe.pretraining.processes.requirements import require_devices, require_shares
from heartprobe.pretraining.processes.together import take_steps_together
from heartprobe.pretraining.real_material import RealMaterial, real_material
from heartprobe.pretraining.settings import PretrainingSettings
from heartprobe.pretraining.state import TrainingState
from heartprobe.pretraining.synthetic_material import SyntheticMaterial, synthetic_material
from heartprobe.progress import Progress


def pretrain(
    recordings: RecordingSet,
    folder: Path,
    settings: PretrainingSettings,
    *,
    progress: Progress,
    device: torch.device | None = None,
    processes: int = 1,
    synthetic: SyntheticMaterial | None = None,
) -> Path:
    """Pre-train an encoder and write its folder; interrupted, the same call goes on where it stopped.

    On one machine, with one number of threads and processes, the same recordings and settings give the same bytes.

    Args:
        recordings: Real recordings with labels for normal and abnormal.
        folder: Where the encoder goes; it must not exist. `FOLDER.unfinished` beside it holds the last checkpoint.
        settings: Everything that changes a number.
        progress: Told of recordings, steps and losses.
        device: What to train on; the processor by default. With several processes `cuda` is a CUDA device each.
        processes: How many share each step, each with as many threads as this one has. A step is that of one process up
            to rounding; over a run weights drift apart, as with another number of threads. A run may go on with another
            number.
        synthetic: What `synthetic_material` makes of these settings, from whoever has it already.

    Raises:
        ConfigError: The folder is taken, the settings do not fit the recordings, or the processes do not fit the
            settings or the machine.
        TrainingError: The loss is not finite, or a process ended.
    """
    require_free(folder)
    device = device or torch.device("cpu")
    require_shares(settings.schedule, processes)
    require_devices(device, processes)
    real = real_material(recordings, settings.material, settings.architecture, progress)
    if synthetic is None:
        synthetic = synthetic_material(settings.material, settings.architecture, progress)
    batches = Batches(real, synthetic, settings)
    # Several processes have the devices to themselves.
    own = device if processes == 1 else torch.device("cpu")
    state = TrainingState(settings, own, find_centroids(real.spectra, settings))
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    _take_steps_left(state, batches, unfinished, progress=progress, device=device, processes=processes)
    counts = {site: int((real.sites == site).sum()) for site in sorted(set(real.sites))}
    write_encoder_folder(folder, state.average.network, settings, heard=counts)
    shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def require_free(folder: Path) -> None:
    """Refuse a folder in which something lies."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already; name another folder with --out, or remove this one first.")


def _take_steps_left(
    state: TrainingState,
    batches: Batches,
    unfinished: Path,
    *,
    progress: Progress,
    device: torch.device,
    processes: int,
) -> None:
    """Bring the state to the last step, from the checkpoint in `unfinished` where one fits."""
    steps, made_for = state.settings.schedule.steps, identity(state.settings, _digest(batches.real))
    if read_checkpoint(unfinished, state, made_for):
        progress.note(f"Going on after step {state.step} of {steps}.")
    with progress.task("Pre-training", steps, "steps") as advance:
        advance(state.step)
        if processes == 1 or state.step == steps:
            keep = partial(write_checkpoint, unfinished, state, made_for)
            take_steps(state, batches, advance=advance, note=progress.note, keep=keep)
        else:
            take_steps_together(
                state,
                batches,
                processes=processes,
                device=device,
                unfinished=unfinished,
                made_for=made_for,
                advance=advance,
                note=progress.note,
            )


def _digest(real: RealMaterial) -> str:
    """Return the SHA-256 of what is heard and of its labels."""
    digest = hashlib.sha256(real.spectra.levels.view(torch.int16).numpy().data)
    for array in (real.spectra.starts, real.is_abnormal, real.is_labelled):
        digest.update(array.tobytes())
    digest.update("\n".join(real.sites).encode())
    return digest.hexdigest()
