"""The encoders that need no weights and no download."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from heartprobe.encoders import logmel, modulation, percentiles, spectrum
from heartprobe.encoders.fingerprint import fingerprint
from heartprobe.encoders.loaded import LoadedEncoder
from heartprobe.encoders.protocol import EncoderInfo

BUILT_IN: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "logmel": (logmel.LogMel, logmel.WIDTH),
    "modulation": (modulation.Modulation, modulation.WIDTH),
    "percentiles": (percentiles.Percentiles, percentiles.WIDTH),
}

# To be raised whenever a change to them changes a number: stored features are then made anew.
VERSION = "2"


def load_built_in(name: str) -> LoadedEncoder:
    """Return the weight-free encoder of that name."""
    make, width = BUILT_IN[name]
    info = EncoderInfo(
        name=name,
        source=name,
        revision=VERSION,
        fingerprint=fingerprint({"built-in": name, "version": VERSION}, {}),
        rate_hz=spectrum.RATE_HZ,
        n_layers=1,
        width=width,
        min_samples=spectrum.RATE_HZ,
        hears_heart_rate_sound=True,
        is_pooled=True,
    )
    return LoadedEncoder(info, make().eval())
