"""How commands speak: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from heartprobe.progress import Advance


class ConsoleProgress:
    """Shows long work on standard error: bars on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:
        """Show a bar until the task ends; without a terminal, one line at the start and at the end."""
        if not self.console.is_terminal:
            counted = f"{total} {unit.removesuffix('s') if total == 1 else unit}"
            self.note(f"{description} ..." if total is None or unit == "B" else f"{description}: {counted}")
            yield lambda _: None
            return
        amount = DownloadColumn() if unit == "B" else MofNCompleteColumn()
        columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
        with Progress(*columns, console=self.console, transient=True) as bars:
            bar = bars.add_task(description, total=total)
            yield lambda n: bars.advance(bar, n)

    def note(self, text: str) -> None:
        """Print one sentence."""
        self.console.print(text, markup=False)


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on standard output, as wide as it needs where that is no terminal."""
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = 200
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in header:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    console.print(table)


def print_line(text: str = "") -> None:
    """Print one line on standard output."""
    sys.stdout.write(text + "\n")
