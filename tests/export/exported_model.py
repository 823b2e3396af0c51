"""What the command left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Exported:
    """An exported model, and what was said of it."""

    folder: Path
    stdout: str
