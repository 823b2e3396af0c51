"""What the settings leave to choose on validation patients, and what they cannot ask for together."""

from __future__ import annotations

from heartprobe.config.schema import Config
from heartprobe.errors import ConfigError
from heartprobe.models.window_classifier import Layer


def candidate_layers(config: Config, n_layers: int) -> list[Layer]:
    """Return the hidden states that `features.layer` leaves to choose from.

    All of them together are a candidate, too, where there are several and the head is `linear`.

    Raises:
        ConfigError: If it names one that the encoder does not have.
    """
    wanted = config.features.layer
    if wanted == "select":
        can_be_averaged = n_layers > 1 and config.models.head == "linear"
        return [*range(n_layers), "all"] if can_be_averaged else list(range(n_layers))
    if wanted == "last":
        return [n_layers - 1]
    if wanted != "all" and wanted >= n_layers:
        raise ConfigError(
            f"features.layer is {wanted}, but this encoder has the hidden states 0 to {n_layers - 1}. "
            'Name one of them, or set "last", "select" or "all".'
        )
    return [wanted]


def refuse_contradictions(config: Config) -> None:
    """Refuse settings that cannot be had together, before anything long is begun.

    Raises:
        ConfigError: Naming both, and what to set instead.
    """
    layer, head = config.features.layer, config.models.head
    if layer == "all" and head != "linear":
        raise ConfigError(
            f"features.layer=all is the mean of linear heads, but models.head is {head}. "
            "Set models.head=linear, or features.layer to select, last or a number."
        )
    if config.training.freeze_encoder:
        return
    if head == "select":
        raise ConfigError(
            "models.head=select compares heads on a frozen encoder, but the encoder is to be fine-tuned. "
            "Set models.head to linear or mlp, or leave the encoder frozen."
        )
    if layer not in ("select", "last"):
        raise ConfigError(
            f"features.layer={layer} does not apply to fine-tuning, where the head reads the last hidden state. "
            "Leave it out, or leave the encoder frozen."
        )
