"""Writing a fine-tuned encoder as a folder that `load_encoder` opens, and transformers as well."""

from __future__ import annotations

import shutil
from pathlib import Path

from safetensors.torch import save_file

from heartprobe.encoders.checkpoint import CONFIG, PREPROCESSORS
from heartprobe.encoders.hub import find_checkpoint
from heartprobe.encoders.protocol import Encoder

# What transformers calls the parts of a Whisper model.
_WHISPER_PREFIX = "encoder."
_WHISPER_NAMES = {"positions": "embed_positions.weight"}


def save_encoder(encoder: Encoder, folder: Path) -> None:
    """Write the weights as they are now, beside the configuration that the encoder was loaded with.

    Args:
        encoder: A pre-trained encoder; its own files must still be where it was loaded from.
        folder: Where to; made if it is absent.

    Raises:
        EncoderError: If the files of the encoder are gone.
    """
    info = encoder.info
    checkpoint = find_checkpoint(info.source, revision=None if info.revision == "local" else info.revision)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (CONFIG, *PREPROCESSORS):
        if (checkpoint.folder / name).is_file():
            shutil.copyfile(checkpoint.folder / name, folder / name)
    weights = {name: tensor.detach().cpu().clone() for name, tensor in encoder.module.state_dict().items()}
    if checkpoint.config().get("model_type") == "whisper":
        weights = {_WHISPER_PREFIX + _WHISPER_NAMES.get(name, name): tensor for name, tensor in weights.items()}
    save_file(weights, folder / "model.safetensors")
