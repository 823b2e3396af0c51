"""What a pre-training leaves behind every few steps, and how it is taken up again: one safetensors file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from heartprobe.atomic import write_bytes
from heartprobe.pretraining.settings import PretrainingSettings
from heartprobe.pretraining.state import TrainingState

CHECKPOINT = "checkpoint.safetensors"


def identity(settings: PretrainingSettings, sounds: str) -> str:
    """Return the SHA-256 of everything that decides the weights: settings, and a digest of what is heard."""
    facts = {"settings": settings.model_dump(mode="json"), "sounds": sounds}
    facts["settings"]["schedule"].pop("checkpoint_every")  # type: ignore[index]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def write_checkpoint(folder: Path, state: TrainingState, made_for: str) -> None:
    """Write the state over the last one; a reader sees one of them, whole."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors().items()}
    content = save(tensors, metadata={"step": str(state.step), "made_for": made_for})
    write_bytes(folder / CHECKPOINT, content)


def has_checkpoint(folder: Path, made_for: str) -> bool:
    """Return whether a run that is the same would go on from what lies in a folder."""
    try:
        with safe_open(folder / CHECKPOINT, framework="pt") as file:
            return (file.metadata() or {}).get("made_for") == made_for
    except (OSError, SafetensorError):
        return False


def read_checkpoint(folder: Path, state: TrainingState, made_for: str) -> bool:
    """Put the state back to where it was; `False` where nothing fitting was left, or it is damaged."""
    path = folder / CHECKPOINT
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("made_for") != made_for:
                return False
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return False
    with torch.no_grad():
        state.restore(tensors, int(metadata["step"]))
    return True
