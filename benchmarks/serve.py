"""How fast `heartprobe serve` answers, alone and under load, and how much memory it takes.

    python benchmarks/serve.py BUNDLE [--encoder ENCODER] [--runtime torch] [--requests 200] [--clients 1 8 32]
                               [--recording FILE] [--keep NAME]

A server process is started on loopback, and one recording (by default a synthetic one of 20 s at
4 kHz) is predicted again and again by 1, 8 and 32 clients, each of which sends the next request when
it has its answer, over one connection. The clients share the machine with the server. `429` is no
failure: the client waits as long as it is told and asks again, and its latency counts from its first
try. Everything else than `200` is a failure, and so is an answer that differs from the first one.

The memory is that of the server process: before the first request, after the last one of each row,
and its peak. `--requests 5000 --clients 8` shows whether it grows. `--keep` puts the figures under this
name into `benchmarks/results/serve.json`, from which `benchmarks/serve_table.py` makes the tables of docs/serve.md.
"""

from __future__ import annotations

import argparse
import http.client
import io
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from serve_table import Row, keep, table

from heartprobe.data.recordings import Position
from heartprobe.data.synthetic import random_patient, synthesise

BOUNDARY = "heartprobe-benchmark"
HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
WARM_UP_REQUESTS = 20

#: The command line, without its wrapper, whose place depends on the installation.
COMMAND = (sys.executable, "-c", "from heartprobe.cli.app import main; main()")


@dataclass
class Load:
    """Requests that are still to be made, and what came of those that were; shared by all clients."""

    address: tuple[str, int]
    body: bytes
    left: int
    expected: bytes | None = None
    latencies_s: list[float] = field(default_factory=list)
    failures: int = 0
    told_to_wait: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self) -> None:
        """Make requests until there are none left."""
        connection = http.client.HTTPConnection(*self.address, timeout=120)
        try:
            while self._takes_one():
                started = time.monotonic()
                is_right = self._is_right(connection)
                with self.lock:
                    self.latencies_s.append(time.monotonic() - started)
                    self.failures += not is_right
        finally:
            connection.close()

    def _takes_one(self) -> bool:
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def _is_right(self, connection: http.client.HTTPConnection) -> bool:
        while True:
            try:
                connection.request("POST", "/v1/predictions", self.body, HEADERS)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                return False
            if response.status != 429:
                break
            with self.lock:
                self.told_to_wait += 1
            time.sleep(float(response.headers["Retry-After"]))
        with self.lock:
            self.expected = self.expected or answer
            return response.status == 200 and answer == self.expected


def recording() -> bytes:
    """Return a synthetic recording of 20 s at 4 kHz, as a wav file."""
    patient = random_patient(("AS",), np.random.default_rng(5), grades=(3.0, 4.0))
    samples = synthesise(patient, Position("sup", "Aor"), np.random.default_rng(5), duration_s=20.0, rate_hz=4000)
    file = io.BytesIO()
    soundfile.write(file, samples, 4000, format="WAV", subtype="PCM_16")
    return file.getvalue()


def form(content: bytes) -> bytes:
    """Return the body of a request with one file."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a_sup_Aor.wav"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


@contextmanager
def server(arguments: Sequence[str]) -> Iterator[tuple[int, tuple[str, int]]]:
    """Start a server and yield its process id and its address; stop it in the end."""
    process = subprocess.Popen(
        [*COMMAND, "serve", *arguments, "--port", "0"], stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"http://([\d.]+):(\d+) ", line)
        if found is None:
            sys.exit(line + process.stderr.read())
        # What it logs is thrown away, so that the pipe is never full.
        threading.Thread(target=lambda stream=process.stderr: all(stream), daemon=True).start()
        yield process.pid, (found[1], int(found[2]))
    finally:
        process.terminate()
        if process.wait(60) != 0:
            print(f"the server ended with {process.returncode}", file=sys.stderr)


def memory_mb(pid: int, what: str) -> float:
    """Return a line of the process's status in MB: `VmRSS` now, `VmHWM` at most."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def cpu_s(pid: int) -> float:
    """Return what a process has computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(pid: int, address: tuple[str, int], body: bytes, clients: int, requests: int) -> Row:
    """Make so many requests with so many clients."""
    load = Load(address, body, requests)
    threads = [threading.Thread(target=load.client) for _ in range(clients)]
    started, computed_s = time.monotonic(), cpu_s(pid)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_s = time.monotonic() - started
    p50, p90, p99, longest = np.percentile(load.latencies_s, [50, 90, 99, 100]) * 1000
    return Row(
        clients,
        requests,
        round(requests / took_s, 2),
        *(round(float(value), 1) for value in (p50, p90, p99, longest)),
        cpu_ms=round(1000 * (cpu_s(pid) - computed_s) / requests, 1),
        failures=load.failures,
        told_to_wait=load.told_to_wait,
        resident_mb=round(memory_mb(pid, "VmRSS"), 1),
        peak_mb=round(memory_mb(pid, "VmHWM"), 1),
        load=round(os.getloadavg()[0], 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--encoder")
    parser.add_argument("--runtime", default="torch")
    parser.add_argument("--requests", type=int, default=200, help="of each number of clients")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--recording", type=Path)
    parser.add_argument("--keep", metavar="NAME", help="what the tables call the model")
    options = parser.parse_args()

    body = form(options.recording.read_bytes() if options.recording else recording())
    where = [] if options.encoder is None else ["--encoder", options.encoder]
    with server([options.bundle, "--runtime", options.runtime, *where]) as (pid, address):
        before_mb = round(memory_mb(pid, "VmRSS"), 1)
        run(pid, address, body, 1, WARM_UP_REQUESTS)
        rows = [run(pid, address, body, clients, options.requests) for clients in options.clients]
    print(table({options.bundle: {"rows": [asdict(row) for row in rows]}}))
    print(f"\nBefore the first request: {before_mb:g} MB.")
    if options.keep:
        keep(options.keep, before_mb, rows)
    if any(row.failures for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
