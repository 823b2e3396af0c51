"""Requests that wait, are worked on together, and whose clients leave meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from fastapi.testclient import TestClient

from heartprobe.audio import decode_audio
from heartprobe.predict import Predictor
from heartprobe.server import Limits, Settings, create_app
from heartprobe.server.errors import ClientGoneError
from heartprobe.server.service import PredictionTask
from heartprobe.server.sounds import UploadedRecording
from served import HeldBack, ask, form, until, wav


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


def test_bytes_of_a_client_that_left_count_while_its_patient_is_predicted(held_back: HeldBack) -> None:
    """Whoever sends and leaves again and again is refused like everybody else, instead of filling the memory."""
    body = form(("files", "a.wav", wav()))
    settings = Settings(Limits(total_mb=0.1, held_mb=0.12))
    app = create_app(held_back, settings)  # type: ignore[arg-type]
    room = app.state.service.room
    assert ask(app, "/v1/predictions", [body], leaves_after_s=0.2).status == 0
    assert held_back.entered.is_set()
    assert room.held == len(body)
    assert ask(app, "/v1/predictions", [body], leaves_after_s=0.2).status == 0
    assert room.held == len(body)
    left = [ask(app, "/v1/predictions", [form(("files", "a.wav", wav(70, 10.0)))]) for _ in range(2)]
    assert [(one.status, one.json()["error"]["kind"]) for one in left] == 2 * [(429, "busy")]
    held_back.released.set()
    until(lambda: room.held == 0)
    assert ask(app, "/v1/predictions", [body]).status == 200


def test_bytes_of_a_client_that_left_count_while_its_explanation_is_made(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, released = Event(), Event()

    def explain(*_: object, **__: object) -> object:
        entered.set()
        assert released.wait(30)
        raise ClientGoneError

    monkeypatch.setattr("heartprobe.server.service.explain", explain)
    app = create_app(predictor)
    room = app.state.service.room
    body = form(("file", "a.wav", wav()), ("label", None, b"AS"))
    assert ask(app, "/v1/explanations", [body], leaves_after_s=0.2).status == 0
    assert entered.wait(10)
    assert room.held == len(body)
    released.set()
    until(lambda: room.held == 0)
    app.state.service.end()


def test_sounds_that_are_decoded_at_a_time_have_a_bound(held_back: HeldBack) -> None:
    """By their headers: two recordings of 24,000 samples are worked on together, a third has to wait."""
    settings = Settings(Limits(samples=24_000, decoded_samples=50_000))
    with TestClient(create_app(held_back, settings)) as client, ThreadPoolExecutor(4) as pool:  # type: ignore[arg-type]
        service = client.app.state.service  # type: ignore[attr-defined]
        asked = [pool.submit(post, client, 0)]
        assert held_back.entered.wait(10)
        asked += [pool.submit(post, client, seed) for seed in (1, 2, 3)]
        until(lambda: len(service.predictions) == 3)
        held_back.released.set()
        assert [one.result(20)["status"] for one in asked] == [200] * 4
    assert held_back.sizes == [1, 2, 1]


def test_each_patient_is_answered_as_soon_as_it_is_known(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when all are; and each file is decoded once, although its beats are looked for, too."""
    decoded: list[str] = []

    def note(content: bytes, name: str) -> object:
        decoded.append(name)
        return decode_audio(content, name)

    monkeypatch.setattr("heartprobe.predict.given.decode_audio", note)
    service = create_app(predictor).state.service
    tasks = [
        PredictionTask((UploadedRecording(wav(60 + 9 * n, seed=n), f"{n}.wav"),), uses_poor=n == 2) for n in range(4)
    ]
    answers = service.predict(tasks)
    first = next(answers)
    assert len(first["recordings"][0]["beats_s"]) > 3
    assert "2.wav" not in decoded
    assert [answer["recordings"][0]["name"] for answer in answers] == ["1.wav", "2.wav", "3.wav"]
    assert sorted(decoded) == ["0.wav", "1.wav", "2.wav", "3.wav"]
    assert [task.recordings[0]._decoded for task in tasks] == [[], [], [], []]
    service.end()
