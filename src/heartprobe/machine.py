"""What belongs to the machine and must not change a number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """Where an experiment is computed.

    Attributes:
        device: `"auto"`, `"cpu"`, `"cuda"` or `"mps"`.
        workers: Threads of the feature extraction; `None` for one per core.
    """

    device: str = "auto"
    workers: int | None = None
