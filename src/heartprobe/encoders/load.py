"""From the name of an encoder to an encoder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from heartprobe.encoders.built_in import BUILT_IN, load_built_in
from heartprobe.encoders.checkpoint import Checkpoint
from heartprobe.encoders.fingerprint import fingerprint
from heartprobe.encoders.hub import find_checkpoint, require_possible
from heartprobe.encoders.loaded import LoadedEncoder
from heartprobe.encoders.onednn_linear import use_onednn
from heartprobe.encoders.pcg.architecture import MODEL_TYPE
from heartprobe.encoders.pcg.loading import load_pcg
from heartprobe.encoders.protocol import EncoderInfo
from heartprobe.errors import EncoderError

# To be raised whenever a change to the way they are run changes a number.
VERSION = 1

# Facts of a config.json that describe the file or a head on top, and decide no number.
IRRELEVANT = frozenset({"_name_or_path", "transformers_version", "architectures", "torch_dtype", "dtype", "use_cache"})


def load_encoder(name: str, *, revision: str | None = None, known: Iterable[str] = ()) -> LoadedEncoder:
    """Return an encoder in evaluation mode, fp32, on the CPU.

    Args:
        name: A name of the catalogue, a folder that `save_pretrained` or `heartprobe pretrain` wrote, or a hub id. A
            folder wins over a hub id of the same name.
        revision: Branch, tag or commit of the hub; by default the catalogue's commit, else `main`.
        known: Further names to offer when `name` is misspelt.

    Raises:
        EncoderError: It is unknown, unreachable, gated, damaged or not an audio encoder.
    """
    if name in BUILT_IN:
        return load_built_in(name)
    return _load_pretrained(find_checkpoint(name, revision=revision, known=known))


def require_encoder(name: str, *, known: Iterable[str] = ()) -> None:
    """Refuse a misspelt encoder before anything large is read; nothing is loaded or asked for.

    Args:
        name: As for `load_encoder`.
        known: As for `load_encoder`.

    Raises:
        EncoderError: It is neither built in nor a folder, and cannot be a hub id.
    """
    if name not in BUILT_IN:
        require_possible(name, known=known)


def _load_pretrained(checkpoint: Checkpoint) -> LoadedEncoder:
    settings = checkpoint.config()
    model_type = str(settings.get("model_type"))
    if model_type == MODEL_TYPE:
        return load_pcg(checkpoint, settings)
    # Importing transformers takes seconds, so it waits until it is known to be needed.
    from heartprobe.encoders import speech, whisper

    module: Any
    if model_type in speech.ARCHITECTURES:
        preprocessor = checkpoint.preprocessor(speech.PREPROCESSOR)
        module = speech.load_raw_waveform(checkpoint, settings, preprocessor)
    elif model_type == "whisper":
        preprocessor = checkpoint.preprocessor(whisper.PREPROCESSOR)
        module = whisper.load_whisper(checkpoint, settings, preprocessor)
    else:
        raise EncoderError(
            f"Encoder {checkpoint.name!r} is of type {model_type!r}, which heartprobe cannot run; "
            f"audio encoders of these types work: {', '.join([*speech.ARCHITECTURES, 'whisper', MODEL_TYPE])}"
        )
    use_onednn(module)
    module.eval()
    facts = {
        "version": VERSION,
        "config": {key: value for key, value in settings.items() if key not in IRRELEVANT},
        "preprocessor": preprocessor,
    }
    info = EncoderInfo(
        name=checkpoint.name,
        source=checkpoint.source,
        revision=checkpoint.revision,
        fingerprint=fingerprint(facts, module.state_dict()),
        rate_hz=module.rate_hz,
        n_layers=len(module.layers) + 1,
        width=module.width,
        min_samples=module.min_samples,
        max_samples=module.max_samples,
    )
    return LoadedEncoder(info, module)
