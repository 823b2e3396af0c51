"""A progress listener that presses Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from heartprobe.progress import Advance
from listener import Listener


class Interrupter(Listener):
    """Presses Ctrl-C after so many steps."""

    def __init__(self, after_steps: int) -> None:
        super().__init__()
        self.left = after_steps

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:
        with super().task(description, total, unit) as inner:

            def advance(n: int) -> None:
                inner(n)
                self.left -= n if unit == "steps" else 0
                if self.left < 0:
                    raise KeyboardInterrupt

            yield advance
