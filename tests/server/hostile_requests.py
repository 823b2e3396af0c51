"""Requests that mean no good, made from a seed: bytes for a socket, in the pieces in which they are sent."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import soundfile

from broken_audio import broken_audio
from served import form, wav
from served_process import head, upload

Rng = np.random.Generator


class Hostile(NamedTuple):
    """One request.

    Attributes:
        about: What is wrong with it.
        pieces: What is sent, with a pause of `pause_s` after each.
        pause_s: In seconds.
        hangs_up: Whether the client goes away without waiting for an answer.
    """

    about: str
    pieces: tuple[bytes, ...]
    pause_s: float = 0.0
    hangs_up: bool = False


def hostile_requests(n: int, seed: int = 0) -> Iterator[Hostile]:
    """Yield requests, each kind as often as the others."""
    kinds = (
        mutated_sound,
        broken_sound,
        absurd_samples,
        other_content,
        odd_name,
        odd_field,
        odd_form,
        odd_head,
        no_http,
        half_sent,
        slow,
        explanation_of_nonsense,
    )
    for number in range(n):
        kind = kinds[number % len(kinds)]
        yield kind(np.random.default_rng((seed, number)))


def one_file(content: bytes, name: str = "a.wav") -> tuple[bytes, ...]:
    return (upload(form(("files", name, content))),)


@cache
def good(kind: str) -> bytes:
    return wav(75, 4.0, kind=kind, rate_hz=8000 if kind == "MP3" else 4000)


def mutated_sound(rng: Rng) -> Hostile:
    """Bytes changed, cut out, doubled or put in; mostly in the header, where they mean something."""
    kind = str(rng.choice(["WAV", "WAV", "FLAC", "OGG", "MP3", "AIFF"]))
    content = bytearray(good(kind))
    for _ in range(int(rng.integers(1, 8))):
        place = int(rng.integers(0, min(len(content), 60 if rng.random() < 0.7 else len(content))))
        how = rng.integers(0, 4)
        if how == 0:
            content[place] = int(rng.integers(0, 256))
        elif how == 1:
            del content[place : place + int(rng.integers(1, 2000))]
        elif how == 2:
            content[place:place] = rng.bytes(int(rng.integers(1, 500)))
        else:
            content[place : place + 4] = struct.pack("<I", int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1])))
    return Hostile(f"mutated {kind}", one_file(bytes(content)))


@cache
def broken() -> tuple[tuple[str, bytes], ...]:
    return tuple((one.name, one.content) for one in broken_audio() if one.content is not None)


def broken_sound(rng: Rng) -> Hostile:
    chosen = [broken()[int(place)] for place in rng.integers(0, len(broken()), int(rng.integers(1, 9)))]
    return Hostile("broken sounds", (upload(form(*(("files", name, content) for name, content in chosen))),))


def absurd_samples(rng: Rng) -> Hostile:
    """Numbers that overflow whatever is computed from them, at absurd rates, in many channels."""
    rate_hz = int(rng.choice([1, 499, 500, 4000, 44_100, 192_000, 192_001, 2**31 - 1]))
    n = int(rng.choice([1, 100, 4000, 40_000]))
    level = float(rng.choice([1e-45, 1e-38, 1e-20, 1.0, 1e19, 1e30, 3e38, np.inf, np.nan]))
    n_channels = int(rng.choice([1, 1, 2, 9]))
    samples = level * rng.standard_normal((n, n_channels))
    if rng.random() < 0.3:
        samples[int(rng.integers(0, n))] = 3e38
    with np.errstate(over="ignore"):
        data = samples.astype("<f4").tobytes()
    fmt = struct.pack("<HHIIHH", 3, n_channels, rate_hz, (4 * n_channels * rate_hz) % 2**32, 4 * n_channels, 32)
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", len(data)) + data
    return Hostile(
        f"{n} samples around {level:g} at {rate_hz} Hz", one_file(b"RIFF" + struct.pack("<I", len(body)) + body)
    )


def other_content(rng: Rng) -> Hostile:
    contents = [
        b"",
        b"\0" * 5000,
        b"\x89PNG\r\n\x1a\n" + rng.bytes(500),
        b"PK\x03\x04" + rng.bytes(500),
        b"<script>alert(1)</script>" * 20,
        b"%PDF-1.7\n" + rng.bytes(300),
        rng.bytes(int(rng.integers(1, 20_000))),
        b"RIFF" + rng.bytes(200),
        b"fLaC" + rng.bytes(200),
        b"OggS" + rng.bytes(200),
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + rng.bytes(200),
        long_flac(),
    ]
    return Hostile("no sound", one_file(contents[int(rng.integers(0, len(contents)))]))


@cache
def long_flac() -> bytes:
    """Ten minutes of silence in few bytes."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(600 * 8000, np.int16), 8000, format="FLAC")
    return file.getvalue()


def odd_name(rng: Rng) -> Hostile:
    names = [
        "../../../../etc/passwd",
        "C:\\Windows\\system32\\cmd.exe",
        "/dev/zero",
        "\\\\host\\share\\a.wav",
        "a\0b.wav",
        "a" * 3000 + ".wav",
        "%s%s%n.wav",
        "{{7*7}}.wav",
        "<img src=x>.wav",
        "\u202egnp.wav",
        "\ud800.wav",
        "sup_Mit" * 30,
        '"; filename="b.wav',
        "a.wav\r\nX-Injected: yes",
        "",
        "..",
        "|sleep 5",
        "file:///etc/passwd",
    ]
    chosen = names[int(rng.integers(0, len(names)))]
    return Hostile(f"name {chosen[:20]!r}", (upload(form(("files", chosen, good("WAV")))),))


def odd_field(rng: Rng) -> Hostile:
    name = str(
        rng.choice(["age", "sex", "smoker", "lives", "use_poor", "positions", "label", "__proto__", "", "x" * 500])
    )
    values = [b"\xff\xfe", b"1e999", b"-0", b"nan", "\u0665".encode(), b"0x10", b"1_0", b"\0", b"a" * 5000, b" ", b"[]"]
    value = values[int(rng.integers(0, len(values)))]
    times = int(rng.choice([1, 1, 2, 40]))
    return Hostile(
        f"field {name[:10]}", (upload(form(*[(name, None, value)] * times, ("files", "a.wav", good("WAV")))),)
    )


def odd_form(rng: Rng) -> Hostile:
    body = form(("files", "a.wav", good("WAV")))
    bodies = [
        b"",
        b"--",
        body[: int(rng.integers(0, 200))],
        body.replace(b"\r\n", b"\n"),
        body.replace(b"xxBOUNDARYxx", b"xxBOUNDARYxy", 1),
        body.replace(b"Content-Disposition", b"Content-Disposition: x\r\n" * 50 + b"Content-Disposition"),
        body.replace(b"form-data;", b"form-data; " + b"a=b; " * 700),
        body.replace(b'name="files"', b"name"),
        body.replace(b"form-data", b"attachment"),
        body + b"\r\n" + rng.bytes(5000),
        b"\r\n--xxBOUNDARYx" * 3000,
        b"\r" * 30_000,
        b"".join(form(("files", f"{place}.wav", b"x"), is_complete=False) for place in range(300)),
        rng.bytes(3000),
    ]
    return Hostile("odd form", (upload(bodies[int(rng.integers(0, len(bodies)))]),))


def odd_head(rng: Rng) -> Hostile:
    kind = "Content-Type: multipart/form-data; boundary=xxBOUNDARYxx"
    body = form(("files", "a.wav", good("WAV")))
    heads = [
        head(
            "/v1/predictions",
            kind,
            "X-Big: " + "x" * int(rng.integers(10_000, 100_000)),
            f"Content-Length: {len(body)}",
        ),
        head("/v1/predictions", kind, *["X-Many: 1"] * 2000, f"Content-Length: {len(body)}"),
        head("/v1/predictions", kind, "Content-Length: 999999999999999999999999"),
        head("/v1/predictions", kind, "Content-Length: 5", "Transfer-Encoding: chunked"),
        head("/v1/predictions", kind, "Transfer-Encoding: chunked, chunked"),
        head("/v1/predictions", kind, "Expect: 100-continue", f"Content-Length: {len(body)}"),
        head("/v1/predictions", "Content-Type: " + "multipart/form-data; " * 500, f"Content-Length: {len(body)}"),
        head("/v1/predictions", "Content-Type: application/json", f"Content-Length: {len(body)}"),
        head("/v1/predictions", "Content-Encoding: gzip", kind, f"Content-Length: {len(body)}"),
        head("/v1/predictions", "Upgrade: websocket", "Connection: Upgrade", kind, f"Content-Length: {len(body)}"),
        head("/v1/predictions" + "/.." * 50, kind, f"Content-Length: {len(body)}"),
        head("/v1/examples/%2e%2e/%2e%2e%2fapp.wav", method="GET"),
        head("/page/" + "%2e%2e/" * 20 + "etc/passwd", method="GET"),
        head("/page/%00%ff%fe", method="GET"),
        head("/" + "a" * 9000, method="GET"),
        head("/v1/model?" + "a=b&" * 3000, method="GET"),
        head("/v1/model", method="BREW"),
        head("/v1/model", "Authorization: Bearer " + "\xff" * 3000, "Range: bytes=0-0,-1", method="GET"),
    ]
    chosen = heads[int(rng.integers(0, len(heads)))]
    is_get = not chosen.startswith(b"POST")
    chunked = b"5\r\nhello\r\nffffffffffffffff\r\n" if b"chunked" in chosen else body
    return Hostile(f"head {chosen[:60]!r}", (chosen if is_get else chosen + chunked,))


def no_http(rng: Rng) -> Hostile:
    sent = [
        rng.bytes(int(rng.integers(1, 5000))) + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.bytes(500),
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n" * 5000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n",
        b"A" * 70_000,
    ]
    return Hostile("no http", (sent[int(rng.integers(0, len(sent)))],))


def half_sent(rng: Rng) -> Hostile:
    """The client hangs up in the middle: of the head, of the body, or while it is predicted."""
    whole = upload(form(("files", "a.wav", good("WAV"))))
    return Hostile("half sent", (whole[: int(rng.integers(1, len(whole) + 1))],), hangs_up=True)


def slow(rng: Rng) -> Hostile:
    """Some bytes, then nothing: longer than a body may take."""
    whole = upload(form(("files", "a.wav", good("WAV"))))
    cut = len(whole) - int(rng.integers(1, 5000))
    return Hostile("slow", (whole[:cut], whole[cut : cut + 1]), pause_s=0.1)


def explanation_of_nonsense(rng: Rng) -> Hostile:
    name, content = broken()[int(rng.integers(0, len(broken())))]
    label = str(rng.choice(["AS", "XX", "", "N" * 99]))
    # Those that can be explained take a second each.
    short = content if not name.startswith("valid") else content[:100]
    body = form(("file", name, short), ("label", None, label.encode()))
    return Hostile(f"explanation of {name}", (upload(body, path="/v1/explanations"),))
