"""What processes that train together tell each other: means of tensors, nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor


class Group(Protocol):
    """Several trainings of the same network that meet in every mean."""

    @property
    def rank(self) -> int:
        """Return which one this is, from 0."""
        ...

    @property
    def world_size(self) -> int:
        """Return how many there are."""
        ...

    def mean(self, tensor: Tensor) -> Tensor:
        """Return the mean of everyone's tensor, the same bits for all; everyone must ask."""
        ...


class PeerLostError(Exception):
    """The connection to the others broke, mostly because one of them has gone; the text is what the library said.

    What ended that one is told by whoever started it.
    """


class ConnectError(Exception):
    """The processes do not come together; the text is what the library said."""


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """The processes that torch.distributed connects."""

    rank: int
    world_size: int

    def mean(self, tensor: Tensor) -> Tensor:
        """Return the mean over all processes.

        Raises:
            PeerLostError: The connection broke.
        """
        total = tensor.detach().clone()
        try:
            dist.all_reduce(total)
        except RuntimeError as error:
            raise PeerLostError(str(error)) from error
        return total / self.world_size


@contextmanager
def connect(rendezvous: Path, rank: int, world_size: int, device: torch.device) -> Iterator[ProcessGroup]:
    """Connect with the other processes of this machine until the block ends without an error.

    Args:
        rendezvous: A file that does not exist when the first of them comes.
        rank: Which one this is, from 0.
        world_size: How many there are.
        device: Where the tensors are that they share: NCCL connects CUDA devices, Gloo processors.

    Raises:
        ConnectError: The processes do not come together.
    """
    backend = "nccl" if device.type == "cuda" else "gloo"
    if device.type == "cuda":
        torch.cuda.set_device(device)
    try:
        store = dist.FileStore(str(rendezvous), world_size)  # type: ignore[attr-defined]
        dist.init_process_group(backend, store=store, rank=rank, world_size=world_size)
    except RuntimeError as error:
        raise ConnectError(str(error)) from error
    yield ProcessGroup(rank, world_size)
    dist.destroy_process_group()


def share_gradients(parameters: Collection[Tensor], loss: Tensor, group: Group) -> Tensor:
    """Replace everyone's gradients by their mean, and return the mean loss.

    Args:
        parameters: With gradients of the loss of this process' share; where one has none, it has none anywhere.
        loss: A single number.
        group: The processes, with shares of equal size.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    mean = group.mean(torch.cat([loss.detach().reshape(1), *(gradient.flatten() for gradient in gradients)]))
    parts = torch.split(mean[1:], [gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
    return mean[0]
