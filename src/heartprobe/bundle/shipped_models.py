"""The model that comes with heartprobe, and how a name or a path becomes a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

#: Folders of models that come with the package.
SHIPPED: Final = Path(__file__).parent / "shipped"

#: Normal or abnormal, learned from PhysioNet/CinC 2016; `benchmarks/shipped_classifier.py` makes it.
NORMAL_ABNORMAL: Final = "normal-abnormal"

#: What lies in a model folder. One of these is enough to take a folder for one, so that a damaged one is named.
_SIGNS: Final = ("bundle.json", "model.safetensors", "MODEL_CARD.md")


def model_folder(given: Path | str) -> Path:
    """Return the model folder that is meant: what lies there, else the shipped model of that name."""
    path = Path(given)
    if str(given) == NORMAL_ABNORMAL and not is_model_folder(path):
        return SHIPPED / NORMAL_ABNORMAL
    return path


def is_model_folder(path: Path) -> bool:
    """Return whether a folder holds a model, or what is left of one."""
    return any((path / name).is_file() for name in _SIGNS)
