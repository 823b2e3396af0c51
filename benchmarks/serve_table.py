"""The figures of `benchmarks/serve.py` that are kept, and the tables of docs/serve.md made of them.

python benchmarks/serve_table.py        prints the tables from benchmarks/results/serve.json
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("results") / "serve.json"

_HEADER = """\
| model | clients | requests | per second | p50 ms | p99 ms | CPU ms per request | failed | MB |
|---|---:|---:|---:|---:|---:|---:|---:|---:|"""


@dataclass(frozen=True)
class Row:
    """What came of one number of clients; times in milliseconds, memory in MB.

    Attributes:
        cpu_ms: What the server's threads computed for a request: it hardly depends on what else the machine does.
        load: How many programs wanted to compute, the minute before the end; clients and server are two or more.
    """

    clients: int
    requests: int
    per_s: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    longest_ms: float
    cpu_ms: float
    failures: int
    told_to_wait: int
    resident_mb: float
    peak_mb: float
    load: float


def keep(name: str, before_mb: float, rows: Sequence[Row]) -> None:
    """Put the figures of a model in the place of its earlier ones.

    Args:
        name: What the table calls the model, such as "`logmel`".
        before_mb: Memory before the first request.
        rows: One for each number of clients.
    """
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {"models": {}}
    machine = {"processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version()}
    kept["models"][name] = {"machine": machine, "before_mb": before_mb, "rows": [asdict(row) for row in rows]}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")


def table(models: Mapping[str, Any]) -> str:
    """Return the rows of all models as Markdown, rounded as docs/serve.md shows them."""
    lines = [_HEADER]
    for name, model in models.items():
        lines += [_line(name if place == 0 else "", row) for place, row in enumerate(model["rows"])]
    return "\n".join(lines)


def memory_sentence(model: Mapping[str, Any]) -> str:
    """Return what the last row of a model says of memory."""
    row = model["rows"][-1]
    return (
        f"{row['requests']} requests by {row['clients']} clients: {row['failures']} failed; "
        f"{model['before_mb']:.0f} MB before the first one, {row['resident_mb']:.0f} MB after the last, "
        f"{row['peak_mb']:.0f} MB at most."
    )


def _line(name: str, row: Mapping[str, Any]) -> str:
    cells = (
        name,
        row["clients"],
        row["requests"],
        f"{row['per_s']:.1f}",
        f"{row['p50_ms']:.0f}",
        f"{row['p99_ms']:.0f}",
        f"{row['cpu_ms']:.0f}",
        row["failures"],
        f"{row['resident_mb']:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def _processor() -> str:
    """Return the processor's name without its number, as far as the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return " ".join(names[0].split()[:2]) if names else platform.machine()


if __name__ == "__main__":
    models = json.loads(KEPT.read_text())["models"]
    print(table(models))
    for name, model in models.items():
        print(f"\n{name}: {memory_sentence(model)}")
