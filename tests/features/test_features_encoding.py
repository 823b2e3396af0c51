from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
import torch
from counting_encoder import RECIPE, CountingEncoder
from torch import Tensor

from heartprobe.errors import EncoderError
from heartprobe.features.encoding import ACCELERATOR_BATCH, EncodingThreads
from heartprobe.features.pooling import pool

CPU = torch.device("cpu")
WINDOWS = np.random.default_rng(0).normal(size=(10, 4000)).astype(np.float32)


def encoded(encoder: CountingEncoder, *, n_threads: int, batch_size: int) -> np.ndarray:
    with EncodingThreads(encoder, RECIPE, CPU, n_threads=n_threads, batch_size=batch_size) as threads:
        futures = [threads.submit(window) for window in WINDOWS]
        return np.stack([future.result() for future in futures])


def expected(encoder: CountingEncoder) -> np.ndarray:
    with torch.inference_mode():
        return np.stack([pool(encoder.encode(torch.from_numpy(w[None])), ("mean", "std"))[:, 0] for w in WINDOWS])


def test_each_window_gets_its_own_features() -> None:
    result = encoded(CountingEncoder(), n_threads=2, batch_size=1)
    assert result.shape == (10, 3, 96)
    np.testing.assert_allclose(result, expected(CountingEncoder()), rtol=1e-5, atol=1e-6)


def test_on_the_processor_every_window_is_encoded_alone_by_one_thread() -> None:
    encoder = CountingEncoder()
    with EncodingThreads.on(CPU, encoder, RECIPE, workers=3) as threads:
        for future in [threads.submit(window) for window in WINDOWS]:
            future.result()
    assert threads.n_threads == 3
    assert encoder.batch_sizes == [1] * 10
    assert encoder.threads == {1}


def test_an_accelerator_gets_batches_from_one_thread() -> None:
    threads = EncodingThreads.on(torch.device("cuda"), CountingEncoder(), RECIPE, workers=8)
    assert (threads.n_threads, threads.batch_size) == (1, ACCELERATOR_BATCH)


def test_whole_recordings_are_encoded_one_by_one_on_an_accelerator_too() -> None:
    """They differ in length."""
    whole = replace(RECIPE, front_end=replace(RECIPE.front_end, windows="whole"))
    assert EncodingThreads.on(torch.device("cuda"), CountingEncoder(), whole, workers=8).batch_size == 1


def test_batches_are_always_full() -> None:
    """Ten windows in batches of four: the last is filled up, and nobody sees the copies."""
    encoder = CountingEncoder()
    result = encoded(encoder, n_threads=1, batch_size=4)
    assert set(encoder.batch_sizes) == {4}
    np.testing.assert_allclose(result, expected(CountingEncoder()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("before", [1, 2])
def test_the_number_of_torch_threads_is_put_back(before: int) -> None:
    """For this thread and for those that start later."""
    was = torch.get_num_threads()
    torch.set_num_threads(before)
    try:
        encoded(CountingEncoder(), n_threads=2, batch_size=1)
        assert torch.get_num_threads() == before
        late = CountingEncoder()
        thread = Thread(target=late.encode, args=(torch.from_numpy(WINDOWS),))
        thread.start()
        thread.join()
        assert late.threads == {before}
    finally:
        torch.set_num_threads(was)


def test_bf16_is_another_arithmetic_and_float32_comes_out() -> None:
    """The inner products are rounded to 8 bits: near the fp32 features, but not the same."""
    recipe = replace(RECIPE, precision="bf16")
    with EncodingThreads.on(CPU, CountingEncoder(), recipe, workers=1) as threads:
        result = threads.submit(WINDOWS[0]).result()
    assert result.dtype == np.float32
    difference = np.abs(result - expected(CountingEncoder())[0]).max()
    assert 1e-5 < difference < 0.05


def test_dropout_is_switched_off() -> None:
    """Whatever state the encoder was left in."""
    encoder = CountingEncoder()
    encoder.module.train()
    encoded(encoder, n_threads=1, batch_size=1)
    assert not encoder.module.training


def test_no_gradients_are_kept() -> None:
    class Observed(CountingEncoder):
        def encode(self, windows: Tensor) -> Tensor:
            hidden = super().encode(windows)
            assert not hidden.requires_grad
            return hidden

    encoded(Observed(), n_threads=1, batch_size=1)


def test_an_error_is_raised_where_the_result_is_waited_for_and_the_thread_lives_on() -> None:
    class Picky(CountingEncoder):
        def encode(self, windows: Tensor) -> Tensor:
            if windows[0, 0] == WINDOWS[3, 0]:
                raise EncoderError("not this one")
            return super().encode(windows)

    with EncodingThreads.on(CPU, Picky(), RECIPE, workers=1) as threads:
        futures = [threads.submit(window) for window in WINDOWS[2:5]]
        with pytest.raises(EncoderError, match="not this one"):
            futures[1].result()
        assert futures[2].result().shape == (3, 96)


def test_too_little_memory_is_a_sentence() -> None:
    class Large(CountingEncoder):
        def encode(self, windows: Tensor) -> Tensor:  # noqa: ARG002
            raise torch.OutOfMemoryError("tried to allocate 80 GiB")

    with EncodingThreads.on(CPU, Large(), RECIPE, workers=1) as threads:
        future = threads.submit(WINDOWS[0])
        with pytest.raises(EncoderError, match="tiny: 1 windows of 4000 samples do not fit into the memory of cpu"):
            future.result()


def test_cancelling_drops_what_waits_and_takes_nothing_more() -> None:
    encoder = CountingEncoder(delay_s=0.05)
    with EncodingThreads.on(CPU, encoder, RECIPE, workers=1) as threads:
        futures = [threads.submit(window) for window in WINDOWS]
        futures[0].result()
        threads.cancel()
        with pytest.raises(CancelledError):
            futures[-1].result()
        with pytest.raises(CancelledError):
            threads.submit(WINDOWS[0])
    assert encoder.n_encoded < 4


def test_every_window_is_done_when_the_threads_are_closed() -> None:
    """Whatever waits is finished first; nothing more is taken."""
    encoder = CountingEncoder(delay_s=0.01)
    threads = EncodingThreads.on(CPU, encoder, RECIPE, workers=2)
    threads.start()
    futures = [threads.submit(window) for window in WINDOWS]
    threads.close()
    assert all(future.done() for future in futures)
    with pytest.raises(CancelledError):
        threads.submit(WINDOWS[0])


def test_a_number_of_torch_threads_set_later_does_not_reach_those_that_encode() -> None:
    """A program may set it while a model is open, and open another one."""
    was = torch.get_num_threads()
    encoder = CountingEncoder()
    try:
        with EncodingThreads.on(CPU, encoder, RECIPE, workers=2) as threads:
            torch.set_num_threads(2)
            with EncodingThreads.on(CPU, CountingEncoder(), RECIPE, workers=1):
                assert threads.encode(WINDOWS, of="them").shape == (3, 10, 96)
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(was)
    assert encoder.threads == {1}
