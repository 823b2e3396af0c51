"""Opening what a bundle refers to, and refusing what contradicts it."""

from __future__ import annotations

from pathlib import Path

from heartprobe.bundle.folder import ENCODER, Bundle
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import BundleError, ConfigError
from heartprobe.models.head import Head
from heartprobe.signal.front_end import FrontEnd


def encoder_of(bundle: Bundle, given: str | None) -> Encoder:
    """Load the encoder that a bundle was trained with, from where it says or from where it is given."""
    reference = bundle.manifest.encoder
    if given is None and reference.source == "bundle":
        given = str(bundle.folder / ENCODER)
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
    """Return what cuts recordings into windows."""
    try:
        return FrontEnd(**bundle.manifest.front_end)
    except (TypeError, ConfigError) as error:
        raise BundleError(
            f"{bundle.folder / 'bundle.json'}: front_end cannot be used: {error}. "
            "Take the folder from its source again."
        ) from None
