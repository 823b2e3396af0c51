"""A lock between processes: one at a time, nothing left behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from heartprobe.data.download.lock import exclusive


def test_one_at_a_time(tmp_path: Path) -> None:
    """Twelve at once, each for five turns: never two inside, and every turn is taken."""
    path = tmp_path / "lock"
    inside, most, turns = 0, 0, 0

    def work() -> None:
        nonlocal inside, most, turns
        for _ in range(5):
            with exclusive(path, on_wait=lambda: None):
                inside += 1
                most = max(most, inside)
                time.sleep(0.001)
                turns += 1
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (most, turns) == (1, 60)
    assert list(tmp_path.iterdir()) == []


def test_waiting_is_told_once(tmp_path: Path) -> None:
    """And not where nobody has to wait."""
    waited = threading.Event()
    path = tmp_path / "lock"
    calls: list[str] = []

    def wait() -> None:
        calls.append("waiting")
        waited.set()

    def second() -> None:
        with exclusive(path, on_wait=wait):
            calls.append("inside")

    with exclusive(path, on_wait=lambda: calls.append("nobody")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(10)
        assert calls == ["waiting"]
    thread.join(10)
    assert calls == ["waiting", "inside"]


def test_an_error_releases_the_lock(tmp_path: Path) -> None:
    """The next one does not wait."""
    path = tmp_path / "lock"
    with pytest.raises(KeyboardInterrupt), exclusive(path, on_wait=lambda: None):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with exclusive(path, on_wait=lambda: pytest.fail("waited")):
        pass


def test_a_file_left_by_a_dead_process_does_not_lock(tmp_path: Path) -> None:
    """The system released its lock."""
    path = tmp_path / "lock"
    path.touch()
    with exclusive(path, on_wait=lambda: pytest.fail("waited")):
        pass
