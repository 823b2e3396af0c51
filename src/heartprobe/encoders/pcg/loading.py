"""An encoder folder: `config.json`, `model.safetensors` and a card; read, and refused where it was changed."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import ValidationError

from heartprobe.encoders.checkpoint import Checkpoint
from heartprobe.encoders.fingerprint import fingerprint
from heartprobe.encoders.loaded import LoadedEncoder
from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.encoders.pcg.module import HeartSoundEncoder
from heartprobe.encoders.protocol import EncoderInfo
from heartprobe.errors import EncoderError

WEIGHTS = "model.safetensors"

# To be raised whenever a change to this package changes a number: stored features are then made anew.
VERSION = 1


def load_pcg(checkpoint: Checkpoint, settings: dict[str, Any]) -> LoadedEncoder:
    """Return the encoder of a folder.

    Args:
        checkpoint: Where its files lie.
        settings: Its `config.json`.

    Raises:
        EncoderError: The configuration is not valid, or the weights are not those it was written with.
    """
    try:
        architecture = Architecture.model_validate(settings.get("architecture"))
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(map(str, ("architecture", *detail["loc"])))
        raise EncoderError(
            f"Encoder {checkpoint.name!r}: config.json is not valid: {where}: {detail['msg']}"
        ) from error
    _require_unchanged(checkpoint, settings.get("weights_sha256"))
    module = HeartSoundEncoder(architecture)
    try:
        module.network.load_state_dict(checkpoint.weights())
    except RuntimeError as error:
        detail_line = str(error).strip().splitlines()[-1].strip()
        raise EncoderError(
            f"Encoder {checkpoint.name!r}: its weights do not fit its config.json ({detail_line})"
        ) from error
    facts = {"version": VERSION, "architecture": architecture.model_dump()}
    info = EncoderInfo(
        name=checkpoint.name,
        source=checkpoint.source,
        revision=checkpoint.revision,
        fingerprint=fingerprint(facts, module.state_dict()),
        rate_hz=module.rate_hz,
        n_layers=1,
        width=module.width,
        min_samples=module.min_samples,
        hears_heart_rate_sound=True,
        is_pooled=True,
    )
    return LoadedEncoder(info, module.eval())


def _require_unchanged(checkpoint: Checkpoint, expected: object) -> None:
    """Refuse weights whose checksum is not the one that was written beside them."""
    path = checkpoint.folder / WEIGHTS
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise EncoderError(f"Encoder {checkpoint.name!r}: {path} cannot be read: {error.strerror}") from error
    if found != expected:
        raise EncoderError(
            f"Encoder {checkpoint.name!r}: {path} was changed after it was written: its SHA-256 begins with "
            f"{found[:12]}, but config.json says {str(expected)[:12]}; fetch or make the folder again"
        )
