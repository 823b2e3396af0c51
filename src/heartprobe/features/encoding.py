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
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Barrier, Lock, Thread, current_thread
from typing import Final, Self

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

#: Starting threads sets torch's number of threads, which is everybody's, for a moment.
_STARTING: Final = Lock()

#: So does switching off TF32 on an accelerator, which is for as long as one batch takes.
_IN_SINGLE_PRECISION: Final = Lock()


class EncodingThreads:
    """Encodes windows in the background, from `start` to `close`; as a context, for as long as that lasts.

    Windows may be asked for from several threads at once.

    Args:
        encoder: Moved to the device until the end.
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
        self._started = Barrier(n_threads + 1)
        self._threads = [Thread(target=self._serve, daemon=True) for _ in range(n_threads)]
        self._is_closed = False
        self._closing = Lock()

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
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the threads."""
        module = self._encoder.module.eval()
        self._home = next((tensor.device for tensor in module.parameters()), torch.device("cpu"))
        module.to(self._device)
        with _STARTING:
            torch_threads = torch.get_num_threads()
            for thread in self._threads:
                thread.start()
            self._started.wait()
            # Each thread set the number for itself, but also the one that later threads start with.
            torch.set_num_threads(torch_threads)

    def close(self) -> None:
        """Finish what was asked for, and end the threads."""
        self.release_and_wait()
        torch.clear_autocast_cache()
        self._encoder.module.to(self._home)

    def release(self) -> None:
        """Let the threads end when they have finished what was asked for; does not wait for them."""
        with self._closing:
            self._is_closed = True
            for _thread in self._threads:
                self._jobs.put(None)

    def release_and_wait(self) -> None:
        """Let the threads end and wait for them: torch aborts a program that ends while one of them is in it."""
        self.release()
        for thread in self._threads:
            # What drops the last reference may be one of the threads.
            if thread is not current_thread():
                thread.join()

    def submit(self, window: NDArray[np.float32]) -> Future[Pooled]:
        """Ask for the pooled features, `(layers, width)`, of a window, `(samples,)`."""
        future: Future[Pooled] = Future()
        with self._closing:
            if self._is_closed:
                raise CancelledError
            self._jobs.put((window, future))
        return future

    def encode(self, windows: NDArray[np.float32], *, of: str) -> Pooled:
        """Return the pooled features of the windows of a recording, `(layers, windows, width)`.

        Args:
            windows: `(windows, samples)`.
            of: The recording, for messages.

        Raises:
            EncoderError: The encoder refuses them, or returns what is not finite.
            CancelledError: The threads have ended, or were told to drop what waits.
        """
        futures = [self.submit(samples) for samples in windows]
        layers = np.stack([future.result() for future in futures], axis=1)
        if not np.isfinite(layers).all():
            raise EncoderError(
                f"{self._encoder.info.name} returned numbers that are not finite for {of}. "
                "Its weights may be damaged; with features.precision bf16, try fp32."
            )
        return layers

    def cancel(self) -> None:
        """Take nothing more and drop all windows that are waiting; those in work are finished."""
        with self._closing:
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
        # Asked first, because a thread's first question takes over the number that is everybody's at that time.
        torch.get_num_threads()
        torch.set_num_threads(1)
        self._started.wait()
        is_bf16 = self._recipe.precision == "bf16"
        # One context for the life of the thread: autocast keeps the weights in bf16 as long as it lasts.
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=is_bf16):
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
            with _without_tf32(self._device):
                pooled = pool(self._encoder.encode(batch), self._recipe.statistics)
        except torch.OutOfMemoryError as error:
            raise EncoderError(
                f"{self._encoder.info.name}: {self.batch_size} windows of {windows.shape[1]} samples do not fit into "
                f"the memory of {self._device}. Use shorter windows (audio.duration) or --device cpu."
            ) from error
        return pooled[:, : len(windows)].cpu().numpy()


@contextmanager
def _without_tf32(device: torch.device) -> Iterator[None]:
    """Let fp32 mean fp32 and not TF32, whatever the device would like; a processor knows no TF32."""
    if device.type == "cpu":
        yield
        return
    with _IN_SINGLE_PRECISION, torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield
