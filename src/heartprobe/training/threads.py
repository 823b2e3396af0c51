"""How many threads compute, so that their number cannot change a result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@contextmanager
def one_thread_per_product() -> Iterator[None]:
    """Let numpy, scipy and torch compute each matrix product on the thread that asks for it.

    Several threads would add up in another order than one, and share the last bits of a result
    with the number of cores. Fits are small, so that running them side by side is faster as well.
    """
    torch_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(torch_threads)
