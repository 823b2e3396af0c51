"""How long work tells what it is doing, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

#: Says that so many further units are done.
Advance = Callable[[int], None]


class Progress(Protocol):
    """A listener for long work; the command line shows it on standard error."""

    def task(self, description: str, total: int | None, unit: str) -> AbstractContextManager[Advance]:
        """Open a task of `total` units (`None` where it is unknown) and return its counter."""
        ...

    def note(self, text: str) -> None:
        """Pass on one sentence that a person should read: what was chosen, corrected, left out."""
        ...


class SilentProgress:
    """Nobody listens."""

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:  # noqa: ARG002
        """Open a task and count nothing."""
        yield lambda _: None

    def note(self, text: str) -> None:
        """Pass on nothing."""
