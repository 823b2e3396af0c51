"""Everything that decides the numbers of a recording's features, and its digest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from heartprobe.encoders.protocol import EncoderInfo
from heartprobe.features.devices import Precision
from heartprobe.signal.front_end import FrontEnd

Statistic = Literal["mean", "std"]

# To be raised whenever a change to heartprobe.signal or to the pooling changes a number: stored
# features are then made anew. (An encoder's changes are in its fingerprint.)
VERSION = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """How features come about from the samples of a recording.

    It holds all that changes a number and nothing that does not: not the device, the number of
    threads or the batch size, and not the name or place of the encoder.

    Attributes:
        front_end: How a recording becomes windows.
        encoder: Fingerprint of the encoder (weights, configuration, input normalisation).
        precision: Arithmetic of the encoder.
        statistics: Statistics over the frames of a hidden state, laid side by side.
        version: Version of the code that cuts and pools.
    """

    front_end: FrontEnd
    encoder: str
    precision: Precision
    statistics: tuple[Statistic, ...]
    version: int = VERSION

    @classmethod
    def of(cls, front_end: FrontEnd, info: EncoderInfo, precision: Precision) -> Recipe:
        """Return the recipe for an encoder: mean and standard deviation, unless it pools its frames itself."""
        return cls(front_end, info.fingerprint, precision, ("mean",) if info.is_pooled else ("mean", "std"))

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as plain values for JSON."""
        return dataclasses.asdict(self)

    def digest(self) -> str:
        """Return the SHA-256 (hex) of the recipe; equal numbers count as equal, `5` and `5.0` alike."""
        text = json.dumps(_plain(self.as_dict()), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
