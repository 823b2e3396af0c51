"""Work that takes long, done by one thread: everything that waits, up to a number, in one go."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from heartprobe.server.errors import busy, stopping

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How much the last batch counts in the mean time for an item.
_NEWEST_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Item, Result]):
    item: Item
    future: Future[Result]


class MicroBatches(Generic[Item, Result]):
    """A thread that takes what waits, and the bounded queue before it.

    An item whose future is cancelled before it is taken is dropped.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Iterator[Result]],
        *,
        places: int,
        at_most: int,
        observe: Callable[[int], None] = lambda _: None,
        name: str = "heartprobe-worker",
    ) -> None:
        """Start the thread.

        Args:
            work: Yields the result of each item, in their order.
            places: Items that may wait.
            at_most: Items that are worked on in one go.
            observe: Told the size of every batch, from the thread.
            name: Of the thread.
        """
        self._work = work
        self._places = places
        self._at_most = at_most
        self._observe = observe
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._changed = threading.Condition()
        self._is_ended = False
        self._item_s = 0.1
        # A stop that is forced must not wait for a batch.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether anything would be worked on."""
        return self._thread.is_alive() and not self._is_ended

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def submit(self, item: Item) -> Future[Result]:
        """Put an item into the queue.

        Raises:
            RequestError: 429 if there is no place, 503 if the thread was ended.
        """
        with self._changed:
            if self._is_ended:
                raise stopping()
            if len(self._waiting) >= self._places:
                raise busy(
                    f"{len(self._waiting)} requests wait already, as many as may.",
                    self._item_s * len(self._waiting) / 2,
                )
            waiting: _Waiting[Item, Result] = _Waiting(item, Future())
            self._waiting.append(waiting)
            self._changed.notify()
        # What nobody waits for any more must not stay in memory until its turn.
        waiting.future.add_done_callback(lambda future: self._forget(waiting) if future.cancelled() else None)
        return waiting.future

    def end(self, *, wait_s: float) -> None:
        """Take nothing more, and wait for what is being worked on; what waits is cancelled."""
        with self._changed:
            self._is_ended = True
            waiting = tuple(self._waiting)
            self._changed.notify()
        for one in waiting:
            one.future.cancel()
        self._thread.join(wait_s)

    def _forget(self, waiting: _Waiting[Item, Result]) -> None:
        with self._changed, suppress(ValueError):
            self._waiting.remove(waiting)

    def _run(self) -> None:
        while batch := self._next():
            self._observe(len(batch))
            started = time.monotonic()
            self._answer(batch)
            per_item_s = (time.monotonic() - started) / len(batch)
            self._item_s += _NEWEST_SHARE * (per_item_s - self._item_s)
            # What the last batch held must not stay in memory until there is another one.
            del batch

    def _next(self) -> list[_Waiting[Item, Result]]:
        """Wait for items and take them; return nothing when the thread is to end."""
        batch: list[_Waiting[Item, Result]] = []
        with self._changed:
            while not batch:
                while not self._waiting and not self._is_ended:
                    self._changed.wait()
                if self._is_ended:
                    return []
                while self._waiting and len(batch) < self._at_most:
                    waiting = self._waiting.popleft()
                    if waiting.future.set_running_or_notify_cancel():
                        batch.append(waiting)
        return batch

    def _answer(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            for waiting, result in zip(batch, self._work([one.item for one in batch]), strict=True):
                waiting.future.set_result(result)
        except Exception as error:
            unanswered = [waiting for waiting in batch if not waiting.future.done()]
            if len(batch) == 1 or not unanswered:
                for waiting in unanswered:
                    waiting.future.set_exception(error)
                return
            # One that breaks must not break those that happened to wait beside it.
            for waiting in unanswered:
                self._answer([waiting])
