"""Threads that turn windows into pooled features.

On the processor every window is encoded alone by one thread, as many windows at once as there are
cores. That is faster than batches (a batch of a speech encoder does not fit the caches), and it
fixes every bit of the result: neither what else is encoded nor how many threads there are can
change the order of a sum. On an accelerator one thread encodes batches, always of the same
size, so that always the same kernels run.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, nullcontext
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import EncoderError
from heartprobe.features.pooling import pool
from heartprobe.features.recipe import Recipe

#: Windows in a batch on an accelerator; a constant, because another size rounds differently.
ACCELERATOR_BATCH = 16

Pooled = NDArray[np.float32]
_Job = tuple[NDArray[np.float32], Future[Pooled]]


class EncodingThreads:
    """Encodes windows in the background; a context that ends when all that was asked for is done or cancelled.

    Args:
        encoder: Moved to the device for as long as the context lasts.
        recipe: Its arithmetic and statistics are used.
        device: What to compute on.
        n_threads: How many batches are encoded at once.
        batch_size: Windows in every batch; one that is not full is filled with copies.
    """

    def __init__(
        self, encoder: Encoder, recipe: Recipe, device: torch.device, *, n_threads: int, batch_size: int
    ) -> None:
        self._encoder, self._recipe, self._device = encoder, recipe, device
        self.n_threads, self.batch_size = n_threads, batch_size
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [Thread(target=self._serve, daemon=True) for _ in range(n_threads)]
        self._is_closed = False

    @classmethod
    def on(cls, device: torch.device, encoder: Encoder, recipe: Recipe, workers: int) -> Self:
        """Return what suits the device: `workers` threads for the processor, batches for an accelerator.

        Whole recordings differ in length and are encoded one by one.
        """
        if device.type == "cpu":
            return cls(encoder, recipe, device, n_threads=workers, batch_size=1)
        batch_size = 1 if recipe.front_end.windows == "whole" else ACCELERATOR_BATCH
        return cls(encoder, recipe, device, n_threads=1, batch_size=batch_size)

    def __enter__(self) -> Self:
        self._torch_threads = torch.get_num_threads()
        self._encoder.module.eval().to(self._device)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed = True
        for _thread in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        # Each thread set the number for itself, but also the one that later threads start with.
        torch.set_num_threads(self._torch_threads)
        torch.clear_autocast_cache()
        self._encoder.module.to("cpu")

    def submit(self, window: NDArray[np.float32]) -> Future[Pooled]:
        """Ask for the pooled features, `(layers, width)`, of a window, `(samples,)`."""
        future: Future[Pooled] = Future()
        if self._is_closed:
            raise CancelledError
        self._jobs.put((window, future))
        return future

    def cancel(self) -> None:
        """Drop all windows that are waiting; those in work are finished."""
        self._is_closed = True
        for _, future in self._waiting_jobs(limit=None):
            future.cancel()

    def _waiting_jobs(self, limit: int | None) -> Iterator[_Job]:
        taken = 0
        while limit is None or taken < limit:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            if job is None:  # a thread's sign to end; it stays in the queue
                self._jobs.put(None)
                return
            taken += 1
            yield job

    def _serve(self) -> None:
        torch.set_num_threads(1)
        # One context for the life of the thread: autocast keeps the weights in bf16 as long as it lasts.
        with torch.inference_mode(), _arithmetic(self._recipe, self._device):
            while (job := self._jobs.get()) is not None:
                jobs = [job, *self._waiting_jobs(limit=self.batch_size - 1)]
                try:
                    pooled = self._encode(np.stack([window for window, _ in jobs]))
                except BaseException as error:  # raised where the result is waited for
                    for _, future in jobs:
                        future.set_exception(error)
                else:
                    for i, (_, future) in enumerate(jobs):
                        future.set_result(pooled[:, i])

    def _encode(self, windows: NDArray[np.float32]) -> Pooled:
        """Return `(layers, windows, width)`."""
        batch = torch.from_numpy(windows).to(self._device)
        missing = self.batch_size - len(batch)
        if missing:
            batch = torch.cat([batch, batch[:1].expand(missing, -1)])
        try:
            pooled = pool(self._encoder.encode(batch), self._recipe.statistics)
        except torch.OutOfMemoryError as error:
            raise EncoderError(
                f"{self._encoder.info.name}: {self.batch_size} windows of {windows.shape[1]} samples do not fit into "
                f"the memory of {self._device}. Use shorter windows (audio.duration) or --device cpu."
            ) from error
        return pooled[:, : len(windows)].cpu().numpy()


@contextmanager
def _arithmetic(recipe: Recipe, device: torch.device) -> Iterator[None]:
    """Compute in what the recipe says: fp32 means fp32, not TF32, whatever the device would like."""
    bf16 = torch.autocast(device.type, torch.bfloat16) if recipe.precision == "bf16" else nullcontext()
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False), bf16:
        yield
