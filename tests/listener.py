"""A progress listener that remembers everything it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from heartprobe.progress import Advance


@dataclass
class Task:
    description: str
    total: int | None
    unit: str
    done: int = 0


@dataclass
class Listener:
    """Remembers tasks and notes."""

    tasks: list[Task] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:
        task = Task(description, total, unit)
        self.tasks.append(task)

        def advance(n: int) -> None:
            task.done += n

        yield advance

    def note(self, text: str) -> None:
        self.notes.append(text)
