"""A listener that keeps what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from heartprobe.progress import Advance


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.tasks: list[tuple[str, int | None, str]] = []
        self.done = 0

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:
        self.tasks.append((description, total, unit))
        yield self.advance

    def advance(self, count: int) -> None:
        self.done += count

    def note(self, text: str) -> None:
        self.notes.append(text)
