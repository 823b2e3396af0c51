"""One pre-training from recordings to an encoder folder."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import torch

from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError, TrainingError
from heartprobe.pretraining.batches import Batches
from heartprobe.pretraining.checkpoints import identity, read_checkpoint, write_checkpoint
from heartprobe.pretraining.encoder_folder import write_encoder_folder
from heartprobe.pretraining.real_material import RealMaterial, real_material
from heartprobe.pretraining.settings import PretrainingSettings
from heartprobe.pretraining.state import TrainingState
from heartprobe.pretraining.synthetic_material import synthetic_material
from heartprobe.progress import Progress

#: How often the loss is told, in steps.
_TELL_EVERY = 100


def pretrain(
    recordings: RecordingSet,
    folder: Path,
    settings: PretrainingSettings,
    *,
    progress: Progress,
    device: torch.device | None = None,
) -> Path:
    """Pre-train an encoder and write its folder; interrupted, the same call goes on where it stopped.

    On one machine, with one number of threads, the same recordings and settings give the same bytes.

    Args:
        recordings: Real recordings with labels for normal and abnormal.
        folder: Where the encoder goes; it must not exist. `FOLDER.unfinished` beside it holds the last checkpoint.
        settings: Everything that changes a number.
        progress: Told of recordings, steps and losses.
        device: What to train on; the processor by default.

    Raises:
        ConfigError: The folder is taken, or the settings do not fit the recordings.
        TrainingError: The loss is not finite.
    """
    require_free(folder)
    device = device or torch.device("cpu")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    real = real_material(recordings, settings.material, settings.architecture, progress)
    synthetic = synthetic_material(settings.material, settings.architecture, progress)
    state = TrainingState(settings, device)
    made_for = identity(settings, _digest(real))
    if read_checkpoint(unfinished, state, made_for):
        progress.note(f"Going on after step {state.step} of {settings.schedule.steps}.")
    _train(state, Batches(real, synthetic, settings), unfinished, made_for, progress)
    counts = {site: int((real.sites == site).sum()) for site in sorted(set(real.sites))}
    write_encoder_folder(folder, state.average.network, settings, heard=counts)
    shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def require_free(folder: Path) -> None:
    """Refuse a folder in which something lies."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already; name another folder with --out, or remove this one first.")


def _train(state: TrainingState, batches: Batches, unfinished: Path, made_for: str, progress: Progress) -> None:
    schedule = state.settings.schedule
    device = next(state.network.parameters()).device
    with progress.task("Pre-training", schedule.steps, "steps") as advance:
        advance(state.step)
        while state.step < schedule.steps:
            value = state.learn(batches.step(state.step).to(device))
            if not torch.isfinite(torch.tensor(value)):
                raise TrainingError(
                    f"The loss is {value} after step {state.step}; lower schedule.learning_rate (now "
                    f"{schedule.learning_rate:g})."
                )
            advance(1)
            if state.step % _TELL_EVERY == 0:
                progress.note(f"Step {state.step} of {schedule.steps}: loss {value:.3f}.")
            if state.step % schedule.checkpoint_every == 0 or state.step == schedule.steps:
                write_checkpoint(unfinished, state, made_for)


def _digest(real: RealMaterial) -> str:
    """Return the SHA-256 of what is heard and of its labels."""
    digest = hashlib.sha256(real.spectra.levels.view(torch.int16).numpy().data)
    for array in (real.spectra.starts, real.is_abnormal, real.is_labelled):
        digest.update(array.tobytes())
    digest.update("\n".join(real.sites).encode())
    return digest.hexdigest()
