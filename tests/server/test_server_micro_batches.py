"""One thread and the queue before it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from heartprobe.predict import Predictor
from heartprobe.server import Limits, Settings, create_app
from heartprobe.server.errors import RequestError
from heartprobe.server.micro_batches import MicroBatches
from served import HeldBack, ask, form, until, wav


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


def occupied(batches: MicroBatches[int, int], work: Work) -> None:
    """Let the thread be busy with one item."""
    batches.submit(1)
    until(lambda: work.batches == [[1]])


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
    occupied(batches, work)
    waiting = batches.submit(2)
    work.released.set()
    batches.end(wait_s=10)
    with pytest.raises(RequestError, match="being stopped") as refused:
        batches.submit(3)
    assert refused.value.status == 503
    assert not batches.is_alive
    if waiting.cancelled():
        with pytest.raises(CancelledError):
            waiting.result()


@pytest.fixture
def held_back(predictor: Predictor) -> HeldBack:
    return HeldBack(predictor)


def post(client: TestClient, seed: int) -> dict[str, object]:
    response = client.post("/v1/predictions", files=[("files", ("a.wav", wav(60 + 5 * seed, 6.0, seed=seed)))])
    return {"status": response.status_code, "retry": response.headers.get("retry-after"), **response.json()}


def test_batch_answers_as_each_alone(client: TestClient, held_back: HeldBack) -> None:
    """To the last bit; eight clients at once need two calls, not eight."""
    alone = [post(client, seed) for seed in range(8)]
    with TestClient(create_app(held_back)) as batched, ThreadPoolExecutor(8) as pool:  # type: ignore[arg-type]
        service = batched.app.state.service  # type: ignore[attr-defined]
        first = pool.submit(post, batched, 0)
        assert held_back.entered.wait(10)
        others = [pool.submit(post, batched, seed) for seed in range(1, 8)]
        until(lambda: len(service.predictions) == 7)
        held_back.released.set()
        assert [first.result(20), *(other.result(20) for other in others)] == alone
    assert held_back.sizes == [1, 7]


def test_server_says_429_when_its_queue_is_full(held_back: HeldBack) -> None:
    settings = Settings(Limits(queue=2))
    with TestClient(create_app(held_back, settings)) as full, ThreadPoolExecutor(3) as pool:  # type: ignore[arg-type]
        service = full.app.state.service  # type: ignore[attr-defined]
        taken = [pool.submit(post, full, 0)]
        assert held_back.entered.wait(10)
        taken += [pool.submit(post, full, seed) for seed in (1, 2)]
        until(lambda: len(service.predictions) == 2)
        refused = post(full, 3)
        assert refused["status"] == 429
        assert int(str(refused["retry"])) >= 1
        assert refused["error"]["kind"] == "busy"  # type: ignore[index]
        held_back.released.set()
        assert [one.result(20)["status"] for one in taken] == [200, 200, 200]


def test_request_of_a_client_that_left_is_not_predicted(held_back: HeldBack) -> None:
    """It is dropped from the queue, and never reaches the model."""
    app = create_app(held_back)  # type: ignore[arg-type]
    with TestClient(app) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, client, 0)
        assert held_back.entered.wait(10)
        left = ask(app, "/v1/predictions", [form(("files", "a.wav", wav()))], leaves_after_s=0.2)
        assert left.status == 0
        held_back.released.set()
        assert first.result(20)["status"] == 200
        assert post(client, 1)["status"] == 200
    assert held_back.sizes == [1, 1]
