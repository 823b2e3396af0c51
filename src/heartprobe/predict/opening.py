"""Opening what a bundle refers to, and refusing what contradicts it; torch is imported only where it computes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from pydantic import ValidationError

from heartprobe.bundle.folder import ENCODER, Bundle
from heartprobe.bundle.manifest import ELSEWHERE
from heartprobe.config.schema import AudioConfig
from heartprobe.errors import BundleError, ConfigError, did_you_mean
from heartprobe.predict.window_model import Runtime, WindowModel
from heartprobe.signal.front_end import FrontEnd

if TYPE_CHECKING:
    from heartprobe.encoders.protocol import Encoder
    from heartprobe.models.head import Head

#: What the settings of a run call by the same name.
_AS_CONFIGURED: Final = ("time_scale", "windows", "normalise", "bandpass_hz", "remove_spikes")


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A model that is ready.

    Attributes:
        model: What is asked.
        n_at_once: How many windows it works on at once; it should be given as many.
        close: Ends what it does in the background.
    """

    model: WindowModel
    n_at_once: int
    close: Callable[[], None]


def open_model(bundle: Bundle, runtime: Runtime, encoder: str | None, device: str, workers: int | None) -> Opened:
    """Open the model of a bundle.

    Args:
        bundle: The opened bundle.
        runtime: What computes.
        encoder: Where its encoder is now, if not where the bundle says; torch alone needs it.
        device: `"auto"`, `"cpu"`, `"cuda"` or `"mps"`; onnxruntime computes on the processor.
        workers: Windows that are worked on at once on the processor; `None` for one per core.

    Raises:
        BundleError: If the bundle contradicts itself, or lacks what the runtime needs.
        ConfigError: If there is no such runtime, or an argument is not for it.
        EncoderError: If the encoder cannot be loaded.
    """
    if runtime == "torch":
        from heartprobe.predict.torch_model import open_torch

        torch_model = open_torch(bundle, encoder, device, workers)
        return Opened(torch_model, torch_model.n_at_once, torch_model.close)
    if runtime != "onnx":
        known = get_args(Runtime)
        raise ConfigError(
            f"There is no runtime {runtime!r}; expected {' or '.join(known)}.{did_you_mean(runtime, known)}"
        )
    if encoder is not None or device not in ("auto", "cpu"):
        raise ConfigError("The runtime onnx has its encoder in the model folder, and computes on the processor.")
    from heartprobe.predict.onnx_model import open_onnx

    n_at_once = workers or _cores()
    return Opened(open_onnx(bundle, n_at_once), n_at_once, lambda: None)


def encoder_of(bundle: Bundle, given: str | None) -> Encoder:
    """Load the encoder that a bundle was trained with, from where it says or from where it is given."""
    from heartprobe.encoders.load import load_encoder

    reference = bundle.manifest.encoder
    if given is None and reference.source == "bundle":
        given = str(bundle.folder / ENCODER)
    if given is None and reference.source == ELSEWHERE:
        raise BundleError(
            f"The model folder {bundle.folder} comes without its encoder {reference.name}, which its author read from "
            f"a folder. Name it with --encoder ENCODER: a folder or a hub id, with the fingerprint "
            f"{reference.fingerprint[:16]}."
        )
    revision = reference.revision if given is None and "/" in reference.source else None
    if given is None and Path(reference.source).is_absolute() and not Path(reference.source).is_dir():
        raise BundleError(
            f"The model folder {bundle.folder} was trained with the encoder at {reference.source}, which is not "
            "there. Say where it is now with --encoder DIR."
        )
    encoder = load_encoder(given or reference.source, revision=revision)
    if encoder.info.fingerprint != reference.fingerprint:
        raise BundleError(
            f"The encoder {encoder.info.source} is not the one that {bundle.folder} was trained with "
            f"({reference.name}, revision {reference.revision}): their fingerprints differ. Name the right one with "
            "--encoder."
        )
    return encoder


def check_fit(bundle: Bundle, head: Head, encoder: Encoder) -> None:
    """Refuse a description that contradicts the weights."""
    manifest = bundle.manifest
    is_there = manifest.layer == "all" or manifest.layer < encoder.info.n_layers
    if manifest.labels != head.labels or not is_there:
        raise BundleError(
            f"{bundle.folder / 'bundle.json'} does not fit the model: labels {', '.join(manifest.labels)} and layer "
            f"{manifest.layer}, but the head predicts {', '.join(head.labels)} and {encoder.info.name} has the layers "
            f"0 to {encoder.info.n_layers - 1}. Take the folder from its source again."
        )
    if manifest.layer == "all" and head.kind != "linear":
        raise BundleError(
            f"{bundle.folder / 'bundle.json'} does not fit the model: a head of the kind {head.kind!r} cannot read "
            "all layers. Take the folder from its source again."
        )


def front_end_of(bundle: Bundle) -> FrontEnd:
    """Return what cuts recordings into windows; what no configuration allows could fill the memory."""
    values = bundle.manifest.front_end
    try:
        front_end = FrontEnd(**values)
        AudioConfig(duration=values["duration_s"], **{name: values[name] for name in _AS_CONFIGURED})
        if front_end.rate_hz != bundle.manifest.encoder.rate_hz:
            raise ValueError(f"rate_hz is {front_end.rate_hz}, but the encoder's {bundle.manifest.encoder.rate_hz}")
    except (ArithmeticError, KeyError, TypeError, ValueError, ConfigError) as error:
        first = error.errors(include_url=False)[0] if isinstance(error, ValidationError) else None
        reason = f"{first['loc'][0]}: {first['msg']}" if first and first["loc"] else error
        raise BundleError(
            f"{bundle.folder / 'bundle.json'}: front_end cannot be used: {reason}. "
            "Take the folder from its source again."
        ) from None
    return front_end


def _cores() -> int:
    """Return how many threads can compute at once, as torch would say: `OMP_NUM_THREADS`, or the cores there are."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
