"""The files of one encoder on disk: configuration, input normalisation, weights.

Nothing in them is executed: weights are read from safetensors, or from a `pytorch_model.bin`
through `torch.load(weights_only=True)`, which refuses everything but tensors.
"""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from heartprobe.errors import EncoderError

if TYPE_CHECKING:
    from torch import Tensor

CONFIG = "config.json"
PREPROCESSORS = ("preprocessor_config.json", "processor_config.json")
# In the order of preference; an index names the files that large weights are divided into.
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the files of an encoder lie.

    Attributes:
        name: What the encoder is called in messages.
        source: Hub id or absolute folder.
        revision: Hub commit, or `"local"`.
        folder: The folder that holds the files.
    """

    name: str
    source: str
    revision: str
    folder: Path

    def config(self) -> dict[str, Any]:
        """Return `config.json`."""
        path = self.folder / CONFIG
        if not path.is_file():
            raise EncoderError(
                f"Encoder {self.name!r}: there is no {CONFIG} in {self.folder}; a folder written by "
                "transformers' `save_pretrained` is expected"
            )
        return self._json(path)

    def preprocessor(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """Return how the input is prepared: the settings that `defaults` names.

        A model saved without its feature extractor has no file that says it; the defaults, which
        are transformers' own, are then used and that is logged as a warning.
        """
        for name in PREPROCESSORS:
            path = self.folder / name
            if path.is_file():
                settings = self._json(path)
                # A processor for speech recognition holds a tokenizer beside them.
                settings = settings.get("feature_extractor", settings)
                return {key: settings.get(key, default) for key, default in defaults.items()}
        _log.warning(
            "Encoder %r: there is no %s in %s; using %s", self.name, PREPROCESSORS[0], self.folder, dict(defaults)
        )
        return dict(defaults)

    def weights(self) -> dict[str, Tensor]:
        """Return all tensors by name, as they are stored."""
        for name in WEIGHTS:
            path = self.folder / name
            if path.is_file():
                if not name.endswith(".index.json"):
                    return self._tensors(path)
                files = files_of_index(self._json(path))
                return {key: tensor for file in files for key, tensor in self._tensors(self.folder / file).items()}
        raise EncoderError(
            f"Encoder {self.name!r}: there are no weights in {self.folder}; model.safetensors or pytorch_model.bin "
            "is expected"
        )

    def _json(self, path: Path) -> dict[str, Any]:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EncoderError(f"Encoder {self.name!r}: {path} cannot be read as JSON: {error}") from error
        if not isinstance(content, dict):
            raise EncoderError(f"Encoder {self.name!r}: {path} holds no JSON object")
        return content

    def _tensors(self, path: Path) -> dict[str, Tensor]:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            if path.suffix == ".safetensors":
                return load_file(path)
            return cast("dict[str, Tensor]", torch.load(path, map_location="cpu", weights_only=True))
        except FileNotFoundError as error:
            raise EncoderError(f"Encoder {self.name!r}: {path} is missing") from error
        except (SafetensorError, pickle.UnpicklingError, OSError, RuntimeError, EOFError) as error:
            detail = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EncoderError(
                f"Encoder {self.name!r}: {path} is damaged or holds more than tensors ({detail}); "
                "delete it and fetch the encoder again"
            ) from error


def files_of_index(index: dict[str, Any]) -> list[str]:
    """Return the names of the files that an index divides the weights into, each once."""
    mapping = index.get("weight_map", {})
    return sorted({Path(str(file)).name for file in mapping.values()}) if isinstance(mapping, dict) else []
