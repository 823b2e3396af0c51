"""One thread and the queue before it."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest

from heartprobe.server.errors import RequestError
from heartprobe.server.memory import Room
from heartprobe.server.micro_batches import MicroBatches
from served import until


class Work:
    """Doubles numbers when it is released; breaks at 0."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, items: Sequence[int]) -> Iterator[int]:
        self.batches.append(list(items))
        assert self.released.wait(10)
        for item in items:
            if item == 0:
                raise ZeroDivisionError
            yield 2 * item


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def batches(work: Work) -> Iterator[MicroBatches[int, int]]:
    running = MicroBatches[int, int](work, places=5, at_most=3)
    yield running
    work.released.set()
    running.end(wait_s=10)


def occupied(batches: MicroBatches[int, int], work: Work) -> Future[int]:
    """Let the thread be busy with one item."""
    running = batches.submit(1)
    until(lambda: work.batches == [[1]])
    return running


def test_what_waits_is_taken_together_in_order(batches: MicroBatches[int, int], work: Work) -> None:
    occupied(batches, work)
    futures = [batches.submit(item) for item in (2, 3, 4, 5)]
    assert len(batches) == 4
    work.released.set()
    assert [future.result(10) for future in futures] == [4, 6, 8, 10]
    assert work.batches == [[1], [2, 3, 4], [5]]


def test_full_queue_is_429_with_a_time_to_wait(batches: MicroBatches[int, int], work: Work) -> None:
    occupied(batches, work)
    for item in range(2, 7):
        batches.submit(item)
    with pytest.raises(RequestError, match=r"5 requests wait already, as many as may\. Try again in 1 s\.") as refused:
        batches.submit(7)
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})


def test_abandoned_ones_make_place_and_are_not_worked_on(batches: MicroBatches[int, int], work: Work) -> None:
    occupied(batches, work)
    futures = [batches.submit(item) for item in range(2, 7)]
    assert futures[0].cancel()
    last = batches.submit(7)
    futures[2].cancel()
    work.released.set()
    assert last.result(10) == 14
    assert work.batches == [[1], [3, 5, 6], [7]]


def test_one_that_breaks_breaks_no_other(batches: MicroBatches[int, int], work: Work) -> None:
    occupied(batches, work)
    futures = [batches.submit(item) for item in (2, 0, 3)]
    work.released.set()
    assert (futures[0].result(10), futures[2].result(10)) == (4, 6)
    with pytest.raises(ZeroDivisionError):
        futures[1].result(10)
    assert batches.is_alive


def test_end_finishes_what_runs_and_drops_what_waits(batches: MicroBatches[int, int], work: Work) -> None:
    """Whoever waits for what is dropped is told at once, not when the work that runs is over."""
    running = occupied(batches, work)
    waiting = batches.submit(2)
    batches.end(wait_s=0)
    assert waiting.cancelled()
    work.released.set()
    batches.end(wait_s=10)
    assert running.result(0) == 2
    with pytest.raises(RequestError, match="being stopped") as refused:
        batches.submit(3)
    assert refused.value.status == 503
    assert not batches.is_alive
    assert work.batches == [[1]]


def test_what_weighs_too_much_together_is_not_taken_together(work: Work) -> None:
    """In order all the same; what is too heavy in any company is worked on alone."""
    batches = MicroBatches[int, int](work, places=9, at_most=3, heaviest=10)
    occupied(batches, work)
    futures = [batches.submit(item, weight=weight) for item, weight in ((2, 6), (3, 4), (4, 1), (5, 99), (6, 1))]
    work.released.set()
    assert [future.result(10) for future in futures] == [4, 6, 8, 10, 12]
    assert work.batches == [[1], [2, 3], [4], [5], [6]]
    batches.end(wait_s=10)


def test_bytes_count_until_all_that_was_taken_together_is_done(batches: MicroBatches[int, int], work: Work) -> None:
    """Those of who gave up before it was begun are free at once, those of who gave up later are not."""
    room = Room(100)
    occupied(batches, work)
    futures = []
    for item in (2, 3, 4):
        with room.share() as share:
            share.take(10)
            futures.append(batches.submit(item, share=share))
    assert room.held == 30
    futures[2].cancel()
    assert room.held == 20
    work.released.set()
    until(lambda: room.held == 0)
    assert work.batches == [[1], [2, 3]]


def test_what_is_done_or_dropped_is_freed_at_once(work: Work) -> None:
    """Not when circles are looked for, which may be many requests later."""

    class Content:
        """Stands for the bytes of a request."""

    def answer(items: Sequence[Content]) -> Iterator[int]:
        yield from work([1] * len(items))

    batches = MicroBatches[Content, int](answer, places=5, at_most=1)
    contents = [Content(), Content()]
    kept = [weakref.ref(content) for content in contents]
    gc.disable()
    try:
        done, dropped = [batches.submit(content) for content in contents]
        until(lambda: len(batches) == 1)
        contents.clear()
        dropped.cancel()
        assert kept[1]() is None
        work.released.set()
        assert done.result(10) == 2
        until(lambda: kept[0]() is None)
    finally:
        gc.enable()
        batches.end(wait_s=10)


def test_bytes_of_what_finds_no_place_are_free(batches: MicroBatches[int, int], work: Work) -> None:
    room = Room(100)
    occupied(batches, work)
    for item in range(2, 7):
        batches.submit(item)
    with room.share() as share:
        share.take(10)
        with pytest.raises(RequestError, match="as many as may"):
            batches.submit(7, share=share)
    assert room.held == 0
