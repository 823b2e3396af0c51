"""What is said of the model to whoever asks."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, Final

from heartprobe.bundle.folder import CARD
from heartprobe.bundle.shipped_models import NORMAL_ABNORMAL, SHIPPED
from heartprobe.labels import LABEL_NAMES, finding_name
from heartprobe.server.service import Service

DISCLAIMER: Final = "Research software, not a medical device: its answer must not decide about anybody's care."


def model_name(service: Service) -> dict[str, Any]:
    """Return what every answer says of the model that it is from."""
    manifest = service.predictor.bundle.manifest
    return {
        "id": service.model_id,
        "name": known_name(service),
        "labels": list(manifest.labels),
        "is_synthetic": manifest.training.is_synthetic,
    }


def known_name(service: Service) -> str | None:
    """Return what heartprobe calls the model that comes with it; `None` for others, whose folders are private."""
    is_shipped = service.predictor.bundle.folder.resolve() == (SHIPPED / NORMAL_ABNORMAL).resolve()
    return NORMAL_ABNORMAL if is_shipped else None


def model_facts(service: Service) -> dict[str, Any]:
    """Return what is known of the model; where its files lie on this machine is no part of it."""
    manifest = service.predictor.bundle.manifest
    training = manifest.training
    return {
        "id": service.model_id,
        "name": known_name(service),
        "labels": [
            {
                "label": label,
                "name": LABEL_NAMES.get(label, label),
                "finding": finding_name(label),
                "prevalence": manifest.decision.labels[label].patients.calibration.prevalence,
            }
            for label in manifest.labels
        ],
        # An encoder on this machine is named by its folder.
        "encoder": {"name": PurePath(manifest.encoder.name).name, "revision": manifest.encoder.revision},
        "data": {
            "dataset": training.dataset,
            # Data that do not tell who was recorded have a patient for each recording: nobody should believe that.
            "patients": training.patients if training.patients < training.recordings else None,
            "recordings": training.recordings,
            "protocol": training.protocol,
            "heartprobe_version": training.heartprobe_version,
        },
        "results": [result.model_dump(mode="json") for result in manifest.results],
        "demographics": list(service.predictor.demographic_fields),
        "is_synthetic": training.is_synthetic,
        "card": _card(service),
        "disclaimer": DISCLAIMER,
        "limits": service.settings.limits.as_dict(),
    }


def _card(service: Service) -> str | None:
    """Return the card without the block for machines at its top."""
    path = service.predictor.bundle.folder / CARD
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    return re.sub(r"\A---\n.*?\n---\n\s*", "", text, flags=re.DOTALL)
