"""Which weights of an encoder are trained."""

from __future__ import annotations

from torch import nn

from heartprobe.config.schema import FineTuningConfig
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import ConfigError, TrainingError


def freeze(encoder: Encoder, settings: FineTuningConfig) -> list[str]:
    """Mark what is trained (`requires_grad`) and what stays, and return the names of what is trained.

    The last `top_layers` transformer layers are trained, and whatever lies above them; what lies
    below the transformer is trained only with `freeze_front_end: false`. What transformers itself
    holds fixed (Whisper's positions) stays fixed.

    Raises:
        TrainingError: If the encoder has no weights or no layers.
        ConfigError: If it has fewer layers than are to be trained.
    """
    layers, name = encoder.layer_modules(), encoder.info.name
    if not layers and next(encoder.module.parameters(), None) is not None:
        raise TrainingError(
            f"{name} has no transformer layers to choose from and cannot be fine-tuned. Use it with --freeze-encoder, "
            "or make one of your own with heartprobe pretrain."
        )
    if not layers:
        raise TrainingError(
            f"{name} has no weights to train. Use it with --freeze-encoder, or choose a pre-trained encoder."
        )
    n_trained = len(layers) if settings.top_layers == "all" else settings.top_layers
    if n_trained > len(layers):
        raise ConfigError(
            f"training.fine_tuning.top_layers is {n_trained}, but {name} has {len(layers)} transformer layers. "
            'Choose fewer, or "all".'
        )
    below = {id(p) for layer in layers[: len(layers) - n_trained] for p in layer.parameters()}
    front_end = {id(p) for p in encoder.front_end_parameters()}
    frozen = below | front_end if settings.freeze_front_end else below - front_end
    for parameter in encoder.module.parameters():
        parameter.requires_grad_(parameter.requires_grad and id(parameter) not in frozen)
    return [name for name, parameter in encoder.module.named_parameters() if parameter.requires_grad]


def trained_layers(encoder: Encoder, settings: FineTuningConfig) -> list[nn.Module]:
    """Return the transformer layers that are trained, first to last."""
    layers = encoder.layer_modules()
    return list(layers if settings.top_layers == "all" else layers[len(layers) - settings.top_layers :])
