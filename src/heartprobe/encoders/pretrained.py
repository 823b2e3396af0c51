"""Building transformers' models from the tensors of a checkpoint, with no weight left to chance."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
import transformers
from torch import Tensor

from heartprobe.encoders.checkpoint import Checkpoint
from heartprobe.errors import EncoderError

# Only training with masked input reads it; encoding does not.
UNUSED = frozenset({"masked_spec_embed"})


def build(model_class: Any, config: Any, weights: Mapping[str, Tensor], checkpoint: Checkpoint) -> Any:
    """Return a model in evaluation mode, fp32, whose every weight comes from the checkpoint.

    transformers fills weights that it does not find with random numbers and goes on; so does it
    when a checkpoint is read with the class of another architecture.

    Raises:
        EncoderError: A weight is missing or has another shape.
    """
    try:
        with _quiet():
            model, report = model_class.from_pretrained(
                None, config=config, state_dict=dict(weights), dtype=torch.float32, output_loading_info=True
            )
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        detail = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(f"Encoder {checkpoint.name!r}: its weights do not fit its config.json ({detail})") from error
    missing = sorted(key for key in report["missing_keys"] if key not in UNUSED)
    if missing:
        raise EncoderError(
            f"Encoder {checkpoint.name!r}: {len(missing)} weights of a {model_class.__name__} are not in its "
            f"checkpoint ({missing[0]}, ...) and would be random; the files are incomplete or of another architecture"
        )
    foreign = sorted(key for key in report["unexpected_keys"] if "layers." in key)
    if foreign:
        raise EncoderError(
            f"Encoder {checkpoint.name!r}: its checkpoint holds {len(foreign)} weights that the layers of a "
            f"{model_class.__name__} do not have ({foreign[0]}, ...); its config.json names another architecture"
        )
    return model.eval()


def read_config(config_class: Any, settings: Mapping[str, Any], checkpoint: Checkpoint) -> Any:
    """Return transformers' configuration object for `config.json`."""
    try:
        with _quiet():
            return config_class.from_dict(dict(settings))
    # Its checks raise types of their own.
    except Exception as error:
        detail = str(error).strip().splitlines()[0]
        raise EncoderError(f"Encoder {checkpoint.name!r}: config.json is not valid: {detail}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence transformers: what its messages report is checked and raised by us."""
    logging = transformers.utils.logging
    verbosity, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bars:
            logging.enable_progress_bar()
