"""What belongs to the machine and must not change a number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path


@dataclass(frozen=True, slots=True)
class Machine:
    """Where an experiment is computed.

    Attributes:
        device: `"auto"`, `"cpu"`, `"cuda"` or `"mps"`.
        workers: Threads of the feature extraction; `None` for one per core.
    """

    device: str = "auto"
    workers: int | None = None


def cache_folder() -> Path:
    """Return `HEARTPROBE_CACHE`, or the user's cache folder of heartprobe: what lies there can be made again."""
    given = os.environ.get("HEARTPROBE_CACHE")
    return Path(given) if given else user_cache_path("heartprobe")
