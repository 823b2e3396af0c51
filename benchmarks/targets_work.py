"""What lies in the folder in which `pretraining_targets.py` works: each encoder and measurement, with its settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heartprobe.pretraining.settings import PretrainingSettings
from heartprobe.run_folder import to_json


def write_measurement(path: Path, overrides: Sequence[str], figures: Mapping[str, Any]) -> None:
    """Write figures with the settings of the encoder that they were measured with."""
    path.write_text(to_json({"set": list(overrides), **figures}), encoding="utf-8")


def read_measurement(path: Path, overrides: Sequence[str]) -> dict[str, Any]:
    """Return the figures of a file; it ends in a sentence where they were measured with other settings."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "set" not in found:
        raise SystemExit(f"{path} does not say which settings it was measured with; remove it to measure again.")
    settings = found.pop("set")
    if settings != list(overrides):
        raise SystemExit(
            f"{path} was measured with {' '.join(settings)}, and the variant is {' '.join(overrides)} now; remove it "
            "to measure again."
        )
    return found


def require_made_with(encoder: Path, settings: PretrainingSettings) -> None:
    """End in a sentence where the encoder of a folder was made with other settings."""
    config = json.loads((encoder / "config.json").read_text(encoding="utf-8"))
    made = config["pretraining"] | {"architecture": config["architecture"]}
    other = [name for name, part in settings.model_dump(mode="json").items() if made.get(name) != part]
    if other:
        raise SystemExit(f"{encoder} was made with another {' and '.join(other)}; remove it to make it again.")
