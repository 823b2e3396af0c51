"""The folder that a pre-training writes: configuration, weights, card."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import nn

from heartprobe import __version__
from heartprobe.encoders.pcg.architecture import MODEL_TYPE
from heartprobe.encoders.pcg.loading import WEIGHTS
from heartprobe.pretraining.settings import PretrainingSettings

_CARD = """---
license: odc-by
library_name: heartprobe
tags: [heart sounds, phonocardiogram]
---

# heartprobe-pcg

A small convolutional encoder for heart sounds: {parameters:,} parameters, {megabytes:.1f} MB. Research software, not a
medical device.

It hears {rate_hz} Hz mono, takes the mean over time of every band's log power out, and returns one row of numbers for a
window or a whole recording.

    heartprobe train --model-name FOLDER --set audio.windows=whole --data physionet-2016=DIR

## How it was made

    heartprobe pretrain --data DIR --out FOLDER --config config.json

with heartprobe {version} and the settings in `config.json` of this folder, from

- {n_recordings} recordings ({sites}),
- {synthetic} synthetic patients.

Labels (normal or abnormal) were learned of {labelled}. Held out: {held_out}.

## Limits

- Sites that it has heard are no fair test of it, not even of a classifier trained without them.
- Synthetic murmurs are textbook murmurs; nothing here was checked by a physician.
- It does not know bad recordings from good ones.

## Source and licence of the recordings

Where these were those of the PhysioNet/Computing in Cardiology Challenge 2016: Liu C, Springer D, Li Q, et al. An open
access database for the evaluation of heart sound algorithms. Physiological Measurement 37(12):2181-2213, 2016.
doi:10.1088/0967-3334/37/12/2181. Open Data Commons Attribution License 1.0. The folder holds none of the recordings.
"""


def write_encoder_folder(
    folder: Path, network: nn.Module, settings: PretrainingSettings, *, heard: Mapping[str, int]
) -> None:
    """Write an encoder that `load_encoder` opens; the folder is there whole or not at all.

    Args:
        folder: Where to; absent or empty.
        network: The trained convolutions.
        settings: How they came about.
        heard: Real recordings of each site.
    """
    weights = save({k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}, {"format": "pt"})
    config = {
        "model_type": MODEL_TYPE,
        "architecture": settings.architecture.model_dump(),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "pretraining": {
            "heartprobe": __version__,
            "recordings": dict(heard),
            **settings.model_dump(mode="json", exclude={"architecture"}),
        },
    }
    card = _CARD.format(
        parameters=sum(p.numel() for p in network.parameters()),
        megabytes=len(weights) / 1e6,
        rate_hz=settings.architecture.rate_hz,
        version=__version__,
        n_recordings=sum(heard.values()),
        sites=", ".join(f"{site}: {n}" for site, n in heard.items()),
        synthetic=settings.material.synthetic_patients,
        labelled=", ".join(site for site in settings.material.labelled_sites if site in heard) or "nothing",
        held_out=", ".join(settings.material.held_out) or "nothing",
    )
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    (temporary / WEIGHTS).write_bytes(weights)
    (temporary / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (temporary / "README.md").write_text(card, encoding="utf-8")
    temporary.replace(folder)
