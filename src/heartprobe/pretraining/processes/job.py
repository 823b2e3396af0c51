"""What a process that trains with others is told, as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MATERIAL = "material.safetensors"
RENDEZVOUS = "rendezvous"

#: How a process ends that has lost another one or did not find it: the cause may be told by that one.
LOST_A_PEER = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A training, as one of the processes sees it.

    Attributes:
        settings: All settings of the pre-training, as JSON has them.
        unfinished: Folder with the checkpoint.
        exchange: Folder with the material, and the file by which the processes find each other.
        made_for: Which checkpoint is meant.
        from_step: Steps that were taken before, all of them in the checkpoint.
        device: `cpu` or `cuda`.
        threads: Threads of each process.
        world_size: Number of processes.
        rank: Which of them this is, from 0.
    """

    settings: dict[str, Any]
    unfinished: str
    exchange: str
    made_for: str
    from_step: int
    device: str
    threads: int
    world_size: int
    rank: int = 0

    def line(self) -> bytes:
        """Return one line of JSON."""
        return (json.dumps(asdict(self)) + "\n").encode()

    @property
    def material(self) -> Path:
        """Where the material lies."""
        return Path(self.exchange) / MATERIAL

    @property
    def rendezvous(self) -> Path:
        """The file by which the processes find each other."""
        return Path(self.exchange) / RENDEZVOUS
