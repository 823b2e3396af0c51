"""One file over HTTP: continued where it broke off, with time-outs and patience.

The bytes received so far lie in a part file; beside it lies its state: the address, the validator
(`ETag` or `Last-Modified`) and the length that the server promised. A part is continued only when
the server confirms by `If-Range` that it still serves the same bytes (RFC 9110, section 13.1.5);
otherwise the transfer starts again, and says so. Proxies are taken from the environment.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import requests
import urllib3

from heartprobe import __version__
from heartprobe.data.download.disk_space import require_space
from heartprobe.data.download.source_error import SourceError
from heartprobe.errors import DownloadError
from heartprobe.progress import Progress

CHUNK_BYTES = 64 * 1024

#: Answers that may be different a moment later: time-out, too early, too many requests, server trouble.
TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        connect_s: Seconds until a connection must stand.
        read_s: Seconds without a byte until a transfer counts as stalled.
        attempts: Attempts in a row that may bring the file no further.
        connect_attempts: The same for attempts that get no answer at all; fewer, because somebody
            without a network should be told soon.
        first_delay_s: Pause after the first failure; it doubles with each further one.
        longest_delay_s: Longest pause, also where the server asks for a longer one.
        sleep: Waits so many seconds.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    attempts: int = 5
    connect_attempts: int = 2
    first_delay_s: float = 1.0
    longest_delay_s: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def delay_s(self, failures: int) -> float:
        """Return the pause after so many failures in a row."""
        return min(self.first_delay_s * 2.0 ** (failures - 1), self.longest_delay_s)


@dataclass(frozen=True, slots=True)
class PartState:
    """What is known of a part file.

    Attributes:
        address: Where its bytes come from.
        validator: What the server calls this version of the file; `None` where a transfer from it
            cannot be continued.
        total: Length of the whole file in bytes; `None` where the server did not tell.
    """

    address: str
    validator: str | None
    total: int | None


class _TransientError(Exception):
    """An attempt failed in a way that the next one may not."""

    def __init__(self, reason: str, *, had_answer: bool = True, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.had_answer = had_answer
        self.wait_s = wait_s


def transfer(
    address: str,
    part: Path,
    *,
    max_bytes: int,
    spare_bytes: int,
    progress: Progress,
    patience: Patience,
) -> None:
    """Bring the whole file at `address` into `part`, continuing what lies there.

    Args:
        address: `http` or `https`.
        part: File to write; its state lies beside it with the suffix `.json`. Both survive a
            failure, so that the next call continues.
        max_bytes: Longest file that is accepted.
        spare_bytes: Disk space that must remain free.
        progress: Is told the bytes, and each repetition with its reason.
        patience: Time-outs and repetitions.

    Raises:
        SourceError: If the address does not give the file.
        DownloadError: If it cannot be written here.
    """
    furthest, failures = _size(part), 0
    while True:
        try:
            _attempt(address, part, max_bytes=max_bytes, spare_bytes=spare_bytes, progress=progress, patience=patience)
            return
        except _TransientError as error:
            # A server that gives a piece each time is worth another try, however often; the step
            # keeps one that gives a few bytes each time from being asked for ever.
            if _size(part) >= furthest + CHUNK_BYTES:
                furthest, failures = _size(part), 0
            failures += 1
            if failures >= (patience.attempts if error.had_answer else patience.connect_attempts):
                raise SourceError(f"{error} ({failures} attempts)") from None
            delay_s = patience.delay_s(failures)
            if error.wait_s is not None:
                delay_s = min(max(delay_s, error.wait_s), patience.longest_delay_s)
            progress.note(f"{address}: {error}; trying again in {delay_s:g} s.")
            patience.sleep(delay_s)


def discard(part: Path) -> None:
    """Remove a part file and its state."""
    part.unlink(missing_ok=True)
    _state_path(part).unlink(missing_ok=True)


def _attempt(
    address: str, part: Path, *, max_bytes: int, spare_bytes: int, progress: Progress, patience: Patience
) -> None:
    state = _read_state(part, address)
    have = _size(part) if state is not None else 0
    if state is not None and state.total == have:
        return
    if state is None or state.validator is None:
        have = 0
    response = _open(address, have, state, patience)
    with response:
        _check_status(response, part)
        start, total = _extent(response, part, have, state)
        if have and not start:
            progress.note(f"{address} cannot be continued: the server starts again at the beginning.")
        if total is not None:
            if total > max_bytes:
                raise SourceError(f"the file has {total} bytes; at most {max_bytes} are accepted")
            require_space(part.parent, total - start, spare_bytes=spare_bytes)
        new_state = PartState(address, _validator(response) if not start else state.validator if state else None, total)
        with _open_part(part, start) as file:
            _write_state(part, new_state)
            _receive(response, file, start, total, max_bytes=max_bytes, progress=progress, read_s=patience.read_s)
    if total is None:
        # The end of a chunked body is the only sign that it is whole: remember it.
        _write_state(part, PartState(address, new_state.validator, _size(part)))


def _open(address: str, have: int, state: PartState | None, patience: Patience) -> requests.Response:
    headers = {"User-Agent": f"heartprobe/{__version__}", "Accept-Encoding": "identity"}
    if have and state is not None and state.validator is not None:
        headers |= {"Range": f"bytes={have}-", "If-Range": state.validator}
    try:
        return requests.get(address, headers=headers, stream=True, timeout=(patience.connect_s, patience.read_s))
    except requests.RequestException as error:
        reason = _reason(error, patience.connect_s, patience.read_s)
        if _is_final(error):
            raise SourceError(reason) from None
        raise _TransientError(reason, had_answer=False) from None


def _check_status(response: requests.Response, part: Path) -> None:
    status = f"the server answered {response.status_code} {response.reason or ''}".rstrip()
    if response.status_code == 416:
        discard(part)
        raise _TransientError(status)
    if response.status_code in TRANSIENT_STATUS:
        wait = response.headers.get("Retry-After", "")
        raise _TransientError(status, wait_s=float(wait) if wait.isdigit() else None)
    if response.status_code not in (200, 206):
        raise SourceError(status)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceError("the server sends the file in an encoding that was not asked for")


def _extent(response: requests.Response, part: Path, have: int, state: PartState | None) -> tuple[int, int | None]:
    """Return where the body starts in the file and how long the whole file is."""
    if response.status_code == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdigit() else None
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    known = state.total if state is not None else None
    if match is not None and have and int(match[1]) == have:
        total = known if match[2] == "*" else int(match[2])
        if known is None or total == known:
            return have, total
    discard(part)
    raise _TransientError("the server answered with another part of the file than it was asked for")


def _validator(response: requests.Response) -> str | None:
    """Return what `If-Range` may carry: a strong `ETag`, or the date of a file that has no `ETag`."""
    if (etag := response.headers.get("ETag")) is not None:
        return None if etag.startswith("W/") else etag
    return response.headers.get("Last-Modified")


def _receive(
    response: requests.Response,
    file: BinaryIO,
    start: int,
    total: int | None,
    *,
    max_bytes: int,
    progress: Progress,
    read_s: float,
) -> None:
    done = start
    with progress.task("Downloading", total, "B") as advance:
        advance(start)
        try:
            for chunk in response.iter_content(CHUNK_BYTES):
                done += len(chunk)
                if done > max_bytes:
                    raise SourceError(f"the file is longer than the {max_bytes} bytes that are accepted")
                _write(file, chunk)
                advance(len(chunk))
        except requests.RequestException as error:
            raise _TransientError(f"broke off after {done} bytes: {_reason(error, read_s, read_s)}") from None
    if total is not None and done != total:
        raise _TransientError(f"ended after {done} of {total} bytes")


def _reason(error: requests.RequestException, connect_s: float, read_s: float) -> str:
    """Return in a few words what went wrong, without the nested representations."""
    cause = error.args[0] if error.args else error
    cause = getattr(cause, "reason", cause)
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy named in the environment cannot be used"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {connect_s:g} s"
    if isinstance(error, requests.ReadTimeout) or isinstance(cause, urllib3.exceptions.ReadTimeoutError):
        return f"no data for {read_s:g} s"
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return "the name of the host cannot be resolved"
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        return "no connection: " + re.sub(r".*: (\[Errno \d+\] )?", "", str(cause))
    if isinstance(cause, urllib3.exceptions.ProtocolError):
        return "the connection was closed"
    return str(cause)


def _is_final(error: requests.RequestException) -> bool:
    """Return whether a repetition is pointless: a malformed address, a loop, a wrong certificate."""
    if isinstance(error, requests.exceptions.SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in str(error)
    return isinstance(error, ValueError | requests.exceptions.TooManyRedirects)


def _open_part(part: Path, start: int) -> BinaryIO:
    """Open the part for writing at its end, cut to `start` bytes, readable by its owner alone."""
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(descriptor, start)
        return os.fdopen(descriptor, "ab")
    except OSError as error:
        raise DownloadError(f"{part} cannot be written: {error.strerror}.") from None


def _write(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
        file.flush()
    except OSError as error:
        raise DownloadError(f"{file.name} cannot be written: {error.strerror}.") from None


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _state_path(part: Path) -> Path:
    return part.with_suffix(".json")


def _write_state(part: Path, state: PartState) -> None:
    _state_path(part).write_text(json.dumps(asdict(state)), encoding="utf-8")


def _read_state(part: Path, address: str) -> PartState | None:
    """Return the state of a part of this address, or `None` where there is none that can be trusted."""
    try:
        state = PartState(**json.loads(_state_path(part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return state if state.address == address and part.exists() else None
