"""One file over HTTP from a real server on loopback: whole, broken off, stalled, refused."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heartprobe.data.download.source_error import SourceError
from heartprobe.data.download.transfer import CHUNK_BYTES, Patience, discard, transfer
from heartprobe.errors import DownloadError
from listener import Listener
from loopback_server import LoopbackServer, Page, loopback_server

SIZE = 500_000
BODY = np.random.default_rng(1).bytes(SIZE)


@pytest.fixture
def delays() -> list[float]:
    """The pauses that would have been made."""
    return []


@pytest.fixture
def patience(delays: list[float]) -> Patience:
    return Patience(connect_s=2, read_s=0.3, attempts=3, sleep=delays.append)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "archive.part"


def fetch(
    server: LoopbackServer, part: Path, patience: Patience, *, max_bytes: int = 2**20, spare_bytes: int = 0
) -> Listener:
    progress = Listener()
    transfer(
        server.url + "/file.zip",
        part,
        max_bytes=max_bytes,
        spare_bytes=spare_bytes,
        progress=progress,
        patience=patience,
    )
    return progress


def test_a_file_arrives_whole_and_is_counted(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """Every byte arrives and is told; the part is readable by its owner alone; nothing is asked twice."""
    server.pages["/file.zip"] = Page(BODY)
    progress = fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert [(task.total, task.done, task.unit) for task in progress.tasks] == [(SIZE, SIZE, "B")]
    assert stat.S_IMODE(part.stat().st_mode) == 0o600
    assert "Range" not in server.requests[0].headers
    assert server.requests[0].headers["User-Agent"].startswith("heartprobe/")
    fetch(server, part, patience)
    assert len(server.requests) == 1


def test_a_broken_transfer_is_continued(
    server: LoopbackServer, part: Path, patience: Patience, delays: list[float]
) -> None:
    """After a break only the rest is transferred, on condition that the file is still the same."""
    server.pages["/file.zip"] = Page(BODY, break_after=[300_000])
    progress = fetch(server, part, patience)
    assert part.read_bytes() == BODY
    first, second = server.requests
    kept = int(second.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    assert second.headers["Range"] == f"bytes={kept}-"
    assert 300_000 - CHUNK_BYTES <= kept <= 300_000
    assert second.headers["If-Range"] == '"v1"'
    assert (first.sent, second.sent) == (300_000, SIZE - kept)
    assert progress.tasks[-1].done == SIZE
    assert delays == [1.0]
    assert "broke off after" in progress.notes[0]


def test_a_later_call_continues_too(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """What one process received, the next one does not ask for again."""
    server.pages["/file.zip"] = Page(BODY, break_after=[300_000, None])
    with pytest.raises(SourceError, match="broke off"):
        fetch(server, part, replace(patience, attempts=1))
    fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert server.requests[1].sent <= SIZE - 300_000 + CHUNK_BYTES


def test_breaks_that_bring_the_file_further_are_borne(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """A server that breaks off five times, each time further on, does not exhaust three attempts."""
    server.pages["/file.zip"] = Page(BODY, break_after=[100_000, 90_000, 90_000, 90_000, 90_000])
    fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert len(server.requests) == 6


def test_a_server_that_gives_nothing_is_given_up(
    server: LoopbackServer, part: Path, patience: Patience, delays: list[float]
) -> None:
    """Breaks without any gain end after the attempts allowed, with growing pauses."""
    server.pages["/file.zip"] = Page(BODY, break_after=[0] * 9)
    with pytest.raises(SourceError, match=r"broke off after 0 bytes: the connection was closed \(3 attempts\)"):
        fetch(server, part, patience)
    assert delays == [1.0, 2.0]


@pytest.mark.parametrize("page", [Page(BODY, ranges=False), Page(BODY, etag='W/"v1"'), Page(BODY, etag=None)])
def test_without_ranges_or_a_strong_validator_it_starts_again(
    page: Page, server: LoopbackServer, part: Path, patience: Patience
) -> None:
    """A part is never glued to bytes that may be of another version."""
    server.pages["/file.zip"] = replace(page, break_after=[300_000])
    fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert [request.sent for request in server.requests] == [300_000, SIZE]


def test_a_server_that_ignores_ranges_is_reported(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """Starting again is not silent."""
    server.pages["/file.zip"] = Page(BODY, ranges=False, break_after=[300_000])
    progress = fetch(server, part, patience)
    assert "cannot be continued: the server starts again" in progress.notes[-1]


def test_a_date_serves_as_validator(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """A server without `ETag` is continued by `Last-Modified`."""
    date = "Tue, 03 Sep 2024 00:00:00 GMT"
    server.pages["/file.zip"] = Page(BODY, etag=None, last_modified=date, break_after=[300_000])
    fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert server.requests[1].headers["If-Range"] == date
    assert server.requests[1].sent < SIZE


def test_a_file_that_changed_meanwhile_is_fetched_anew(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """The bytes of two versions are never mixed."""
    server.pages["/file.zip"] = Page(BODY, break_after=[300_000])
    with pytest.raises(SourceError):
        fetch(server, part, replace(patience, attempts=1))
    server.pages["/file.zip"] = Page(BODY[::-1], etag='"v2"')
    fetch(server, part, patience)
    assert part.read_bytes() == BODY[::-1]


def test_another_range_than_asked_for_is_not_believed(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """A wrong `Content-Range` discards the part."""
    server.pages["/file.zip"] = Page(BODY, break_after=[300_000], wrong_range=True)
    progress = fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert [request.headers.get("Range", "-")[:6] for request in server.requests] == ["-", "bytes=", "-"]
    assert any("another part of the file" in note for note in progress.notes)


def test_a_range_outside_the_file_discards_the_part(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """Status 416 is followed by a fresh start."""
    server.pages["/file.zip"] = Page(BODY, break_after=[300_000], status=[None, 416])
    fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert "Range" not in server.requests[2].headers


def test_a_stalled_transfer_times_out_and_is_continued(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """A server that falls silent is left after the time-out, and the rest is asked for."""
    server.pages["/file.zip"] = Page(BODY, stall_after=[300_000])
    progress = fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert "no data for 0.3 s" in progress.notes[0]
    assert "Range" in server.requests[1].headers


def test_a_chunked_file_is_known_to_be_whole_by_its_end(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """Without a length, a break is noticed all the same, and a complete file is not asked for again."""
    server.pages["/file.zip"] = Page(BODY, etag=None, length=False, break_after=[300_000])
    progress = fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert progress.tasks[-1].total is None
    fetch(server, part, patience)
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_refusal_is_final(status: int, server: LoopbackServer, part: Path, patience: Patience) -> None:
    """A repetition would not help: one request, and the status in words."""
    server.pages["/file.zip"] = Page(BODY, status=[status])
    with pytest.raises(SourceError, match=f"the server answered {status} [A-Z]"):
        fetch(server, part, patience)
    assert len(server.requests) == 1
    assert not part.exists()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_server_trouble_is_waited_out(
    status: int, server: LoopbackServer, part: Path, patience: Patience, delays: list[float]
) -> None:
    """Two failures are followed by pauses of one and two seconds."""
    server.pages["/file.zip"] = Page(BODY, status=[status, status])
    fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert delays == [1.0, 2.0]


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("0", 1.0), ("3600", 30.0), ("soon", 1.0)])
def test_a_server_may_ask_for_a_longer_pause(
    asked: str, waited: float, server: LoopbackServer, part: Path, patience: Patience, delays: list[float]
) -> None:
    """`Retry-After` is respected up to the longest pause."""
    server.pages["/file.zip"] = Page(BODY, status=[429], headers={"Retry-After": asked})
    fetch(server, part, patience)
    assert delays == [waited]


def test_redirects_are_followed(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """Also for the rest of a file."""
    server.pages["/file.zip"] = Page(status=[302, 302], headers={"Location": "/elsewhere"})
    server.pages["/elsewhere"] = Page(BODY, break_after=[300_000])
    fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert "Range" in server.asked("/elsewhere")[1].headers


def test_redirects_in_a_circle_end(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """A loop is final and no traceback."""
    server.pages["/file.zip"] = Page(status=[302] * 99, headers={"Location": "/file.zip"})
    with pytest.raises(SourceError, match="redirects"):
        fetch(server, part, patience)


@pytest.mark.usefixtures("_no_proxy")
def test_no_server_is_told_soon(part: Path, patience: Patience, delays: list[float]) -> None:
    """Where nobody answers, there are two attempts, and the reason is short."""
    with loopback_server() as gone:
        pass
    with pytest.raises(SourceError, match=r"^no connection: Connection refused \(2 attempts\)$"):
        fetch(gone, part, patience)
    assert delays == [1.0]


@pytest.mark.parametrize("address", ["nonsense", "ftp://127.0.0.1/x.zip", "http://", "http://[::1/x.zip"])
def test_a_malformed_address_is_final(address: str, part: Path, patience: Patience, delays: list[float]) -> None:
    """It is refused without a request."""
    with pytest.raises(SourceError):
        transfer(address, part, max_bytes=1, spare_bytes=0, progress=Listener(), patience=patience)
    assert delays == []


@pytest.mark.parametrize("has_length", [True, False])
def test_a_file_that_is_too_long_is_refused(
    has_length: bool, server: LoopbackServer, part: Path, patience: Patience
) -> None:
    """By its header before a byte is kept, and without one as soon as the limit is passed."""
    server.pages["/file.zip"] = Page(BODY, length=has_length)
    with pytest.raises(SourceError, match="accepted"):
        fetch(server, part, patience, max_bytes=200_000)
    assert (part.stat().st_size if part.exists() else 0) <= (0 if has_length else 200_000)


def test_a_full_disk_is_told_before_the_transfer(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """It is an error of this machine, for which no other address is tried."""
    server.pages["/file.zip"] = Page(BODY)
    with pytest.raises(DownloadError, match="MB free"):
        fetch(server, part, patience, spare_bytes=10**18)
    assert not part.exists()


def test_a_part_that_cannot_be_written_is_told(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """With the path and the reason."""
    part.mkdir()
    server.pages["/file.zip"] = Page(BODY)
    with pytest.raises(DownloadError, match=r"archive\.part cannot be written: Is a directory"):
        fetch(server, part, patience)


def test_an_unwanted_encoding_is_refused(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """Compressed on the way, a file could not be continued."""
    server.pages["/file.zip"] = Page(BODY, encoding="gzip")
    with pytest.raises(SourceError, match="encoding"):
        fetch(server, part, patience)
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("state", ["", "[]", "{", '{"address": 1}', "other"])
def test_a_part_of_unknown_origin_is_not_continued(
    state: str, server: LoopbackServer, part: Path, patience: Patience
) -> None:
    """Only a part whose state names this very address is."""
    part.write_bytes(b"x" * 1000)
    if state == "other":
        state = json.dumps({"address": "http://127.0.0.1/other.zip", "validator": '"v1"', "total": SIZE})
    part.with_suffix(".json").write_text(state)
    server.pages["/file.zip"] = Page(BODY)
    fetch(server, part, patience)
    assert part.read_bytes() == BODY
    assert "Range" not in server.requests[0].headers


def test_discarding_leaves_nothing(server: LoopbackServer, part: Path, patience: Patience) -> None:
    """Neither the part nor its state; and twice does no harm."""
    server.pages["/file.zip"] = Page(BODY)
    fetch(server, part, patience)
    discard(part)
    discard(part)
    assert list(part.parent.iterdir()) == []


def test_the_proxy_of_the_environment_is_used(
    server: LoopbackServer, part: Path, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request for a host that does not exist reaches the proxy."""
    monkeypatch.setenv("http_proxy", server.url)
    server.pages["http://data.invalid/file.zip"] = Page(BODY)
    transfer(
        "http://data.invalid/file.zip", part, max_bytes=2**20, spare_bytes=0, progress=Listener(), patience=patience
    )
    assert part.read_bytes() == BODY


def test_pauses_double_up_to_the_longest() -> None:
    """1, 2, 4, 8, 16, 30, 30 seconds."""
    assert [Patience().delay_s(n) for n in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
