"""Bodies while they arrive: what is refused early, and that nothing is written anywhere."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from heartprobe.predict import Predictor
from heartprobe.server import Limits, Settings, create_app
from heartprobe.server.form_parts import shown_name
from heartprobe.server.memory import Room
from served import FORM, ask, form, until, wav

PATH = "/v1/predictions"
SMALL = Limits(file_mb=0.05, total_mb=0.1, held_mb=0.15, body_time_s=0.3)


@pytest.fixture(scope="module")
def small(predictor: Predictor) -> FastAPI:
    return create_app(predictor, Settings(SMALL))


def said(asked: Any) -> tuple[int, str]:
    return asked.status, asked.json()["error"]["kind"]


def chunked(body: bytes, size: int = 10_000) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def test_default_limits() -> None:
    """As the documentation says."""
    limits = Limits()
    assert limits.as_dict() == {
        "files": 8,
        "file_bytes": 25_000_000,
        "total_bytes": 100_000_000,
        "sound_s": 120.0,
        "samples": 5_760_000,
        "decoded_samples": 50_000_000,
        "body_time_s": 60.0,
    }
    assert (limits.queue, limits.batch, limits.held_mb, limits.connections) == (32, 8, 512.0, 256)
    assert (limits.header_time_s, limits.answer_time_s) == (10.0, 60.0)


def test_declared_size_is_refused_unread(small: FastAPI) -> None:
    asked = ask(small, PATH, chunked(b"x" * 100_001), headers=FORM | {"content-length": "100001"})
    assert said(asked) == (413, "too-large")
    assert asked.json()["error"]["message"].startswith("The request is larger than the 0.1 MB that are taken")
    assert asked.n_taken == 0


def test_undeclared_size_is_refused_when_it_is_reached(small: FastAPI) -> None:
    """Of a hundred chunks no more are read than the limit holds."""
    body = form(*(("files", f"{place}.wav", b"x" * 30_000) for place in range(8)))
    asked = ask(small, PATH, chunked(body))
    assert said(asked) == (413, "too-large")
    assert asked.n_taken == 11


@pytest.mark.parametrize("length", ["-1", "x", "9" * 5000, "", "1e3"])
def test_nonsense_for_a_length(small: FastAPI, length: str) -> None:
    """Is no reason to fail: bytes are counted."""
    body = form(("files", "a.wav", wav(70, 4.0)))
    assert ask(small, PATH, [body], headers=FORM | {"content-length": length}).status == 200


def test_file_is_refused_when_it_is_reached(small: FastAPI) -> None:
    asked = ask(small, PATH, chunked(form(("files", "../big.wav", b"x" * 90_000))))
    assert said(asked) == (413, "too-large")
    assert asked.json()["error"]["message"].startswith("big.wav is larger than the 0.05 MB that a file may have")
    assert asked.n_taken == 6


def test_largest_file_and_body_pass(predictor: Predictor) -> None:
    """A limit itself is allowed."""
    sound = wav(70, 5.0)
    body = form(("files", "a.wav", sound))
    limits = Limits(file_mb=len(sound) / 1e6, total_mb=len(body) / 1e6)
    assert ask(create_app(predictor, Settings(limits)), PATH, chunked(body)).status == 200
    limits = Limits(file_mb=(len(sound) - 1) / 1e6)
    assert ask(create_app(predictor, Settings(limits)), PATH, chunked(body)).status == 413


def test_ninth_file_is_refused_before_its_content(small: FastAPI) -> None:
    body = [form((("files"), f"{place}.wav", b""), is_complete=False) for place in range(9)]
    asked = ask(small, PATH, [*body, b"x" * 10_000, b"x" * 10_000])
    assert said(asked) == (422, "files")
    assert asked.n_taken == 9


def test_number_of_fields(small: FastAPI) -> None:
    asked = ask(small, PATH, [form(*(("positions", None, b"") for _ in range(25)))])
    assert said(asked) == (422, "fields")


def test_slow_body_is_408(small: FastAPI) -> None:
    drops = [bytes([byte]) for byte in form(("files", "a.wav", b"x" * 99))]
    asked = ask(small, PATH, drops, pause_s=0.02)
    assert said(asked) == (408, "too-slow")
    assert asked.json()["error"]["message"].startswith("The request did not arrive within 0.3 s")
    assert 5 < asked.n_taken < 20


def test_client_that_goes_away_is_not_answered(small: FastAPI) -> None:
    asked = ask(small, PATH, [form(("files", "a.wav", b"x"), is_complete=False)], goes_away=True)
    assert (asked.status, asked.body) == (0, b"")


def test_bodies_together_have_a_bound(small: FastAPI) -> None:
    """What others hold counts, and every request gives back what it held, however it ends."""
    service = small.state.service
    body = form(("files", "a.wav", wav(70, 4.0)))
    with service.room.share() as others:
        others.take(140_000)
        asked = ask(small, PATH, chunked(body))
        assert said(asked) == (429, "busy")
        assert asked.headers["retry-after"] == "2"
        assert service.room.held == 140_000
    assert ask(small, PATH, chunked(body)).status == 200
    until(lambda: service.room.held == 0)


def test_room_is_given_back_after_a_failure() -> None:
    room = Room(10)

    def break_off() -> None:
        with room.share() as share:
            share.take(7)
            assert room.held == 7
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert room.held == 0


def test_nothing_is_written_to_disk(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for a moment: no file is opened for writing while an 11 MB request is answered."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    opened: list[str] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        flags = arguments[2] if event == "open" and is_watching else None
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            opened.append(str(arguments[0]))

    is_watching = True
    sys.addaudithook(note)
    body = form(("files", "a.wav", wav(70, 110.0, rate_hz=48_000)), ("files", "b.wav", b"RIFF" + b"x" * 2_000_000))
    assert len(body) > 12_000_000
    asked = ask(app, PATH, chunked(body, 65_536))
    is_watching = False
    assert asked.status == 200
    assert opened == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.wav", "a.wav"),
        ("../a.wav", "a.wav"),
        ("C:\\a\\b.wav", "b.wav"),
        ("/", ""),
        ("..", ".."),
        ("a\x00b\n.wav", "a\ufffdb\ufffd.wav"),
        ("x" * 201, "x" * 200),
    ],
)
def test_shown_names(name: str, shown: str) -> None:
    assert shown_name(name) == shown
