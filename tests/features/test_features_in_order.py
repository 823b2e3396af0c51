from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from heartprobe.features.in_order import in_order


def test_results_come_in_the_order_of_the_items() -> None:
    """Though the first takes longest."""

    def work(item: int) -> int:
        time.sleep(0.05 if item == 0 else 0)
        return 10 * item

    with ThreadPoolExecutor(4) as pool:
        assert list(in_order(pool, work, range(6), ahead=4)) == [0, 10, 20, 30, 40, 50]


def test_items_are_taken_as_they_are_needed() -> None:
    """Never more than three before a result is asked for."""
    taken = []

    def items() -> Iterator[int]:
        for item in range(10):
            taken.append(item)
            yield item

    with ThreadPoolExecutor(2) as pool:
        results = in_order(pool, str, items(), ahead=3)
        assert (next(results), taken) == ("0", [0, 1, 2])
        assert (next(results), taken) == ("1", [0, 1, 2, 3])


def test_an_error_is_raised_at_its_place() -> None:
    with ThreadPoolExecutor(2) as pool:
        results = in_order(pool, lambda item: 1 / item, [1, 0, 2], ahead=3)
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)
