"""Trainings that meet as processes do, but are threads of one process, so that a test of them takes no time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor


@dataclass
class Table:
    """Where the threads lay their tensors."""

    world_size: int
    laid: dict[int, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.barrier = threading.Barrier(self.world_size, timeout=30)


@dataclass(frozen=True)
class Member:
    """One of the threads, with the face of a group of processes."""

    table: Table
    rank: int

    @property
    def world_size(self) -> int:
        return self.table.world_size

    def mean(self, tensor: Tensor) -> Tensor:
        self.table.laid[self.rank] = tensor.detach().clone()
        self.table.barrier.wait()
        mean = torch.stack([self.table.laid[rank] for rank in range(self.world_size)]).mean(0)
        self.table.barrier.wait()
        return mean


Result = TypeVar("Result")


def members(world_size: int) -> list[Member]:
    """Return the places of a group."""
    table = Table(world_size)
    return [Member(table, rank) for rank in range(world_size)]


def together(group: list[Member], work: Callable[[Member], Result]) -> list[Result]:
    """Return what each of the threads made of its place; `work` must not draw from torch's own generator."""
    with ThreadPoolExecutor(len(group)) as threads:
        return list(threads.map(work, group))
