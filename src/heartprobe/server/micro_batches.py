"""Work that takes long, done by one thread: everything that waits, up to a number, in one go."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from heartprobe.server.errors import busy, stopping
from heartprobe.server.memory import Share

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How much the last batch counts in the mean time for an item.
_NEWEST_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Item, Result]):
    item: Item
    weight: int
    share: Share | None
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
        heaviest: int | None = None,
        observe: Callable[[int], None] = lambda _: None,
        name: str = "heartprobe-worker",
    ) -> None:
        """Start the thread.

        Args:
            work: Yields the result of each item, in their order.
            places: Items that may wait.
            at_most: Items that are worked on in one go.
            heaviest: What these may weigh together; an item that is heavier is worked on alone.
            observe: Told the size of every batch, from the thread.
            name: Of the thread.
        """
        self._work = work
        self._places = places
        self._at_most = at_most
        self._heaviest = heaviest
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

    def submit(self, item: Item, *, weight: int = 0, share: Share | None = None) -> Future[Result]:
        """Put an item into the queue.

        Args:
            item: What is worked on.
            weight: How much of `heaviest` it takes.
            share: The bytes of the item. They are kept until it is dropped from the queue, or the work on all that
                was taken with it is over, whether or not somebody still waits for the result.

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
            waiting: _Waiting[Item, Result] = _Waiting(item, weight, share, Future())
            if share is not None:
                share.lend()
            self._waiting.append(waiting)
            self._changed.notify()
        # What nobody waits for any more must not stay in memory until its turn.
        waiting.future.add_done_callback(partial(self._forget, share))
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

    def _forget(self, share: Share | None, future: Future[Result]) -> None:
        """Drop what nobody waits for; called with its future, which must not hold the item: that would be a circle."""
        if not future.cancelled():
            return
        with self._changed:
            dropped = next((one for one in self._waiting if one.future is future), None)
            if dropped is not None:
                self._waiting.remove(dropped)
        if share is not None:
            share.let_go()

    def _run(self) -> None:
        while batch := self._next():
            self._observe(len(batch))
            started = time.monotonic()
            self._answer(batch)
            per_item_s = (time.monotonic() - started) / len(batch)
            self._item_s += _NEWEST_SHARE * (per_item_s - self._item_s)
            shares = [waiting.share for waiting in batch if waiting.share is not None]
            # What the last batch held must not stay in memory until there is another one.
            del batch
            for share in shares:
                share.let_go()

    def _next(self) -> list[_Waiting[Item, Result]]:
        """Wait for items and take them; return nothing when the thread is to end."""
        batch: list[_Waiting[Item, Result]] = []
        with self._changed:
            while not batch:
                while not self._waiting and not self._is_ended:
                    self._changed.wait()
                if self._is_ended:
                    return []
                while self._waiting and self._has_room(batch, self._waiting[0]):
                    waiting = self._waiting.popleft()
                    if waiting.future.set_running_or_notify_cancel():
                        batch.append(waiting)
        return batch

    def _has_room(self, batch: Sequence[_Waiting[Item, Result]], another: _Waiting[Item, Result]) -> bool:
        """Whether another item may be worked on together with these."""
        if not batch or len(batch) == self._at_most:
            return not batch
        return self._heaviest is None or sum(one.weight for one in batch) + another.weight <= self._heaviest

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
