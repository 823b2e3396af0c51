"""The number of threads is pinned and given back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from heartprobe.training.threads import one_thread_per_product


def threads() -> set[int]:
    np.linalg.eigh(np.eye(2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} | {torch.get_num_threads()}


def test_within_the_context_products_take_one_thread_and_afterwards_what_they_took() -> None:
    before = threads()
    with one_thread_per_product():
        assert threads() == {1}
    assert threads() == before


def test_they_are_given_back_after_an_error_too() -> None:
    before = threads()
    with pytest.raises(ZeroDivisionError), one_thread_per_product():
        divmod(1, 0)
    assert threads() == before
