from __future__ import annotations

import pytest
import torch

from heartprobe.features.pooling import pool

# Two frames of three numbers: (1, 5, 4) and (3, 5, 10).
HIDDEN = torch.tensor([[1.0, 5.0, 4.0], [3.0, 5.0, 10.0]])[None, None]


def test_mean_then_biased_standard_deviation() -> None:
    """The deviations (1, 0, 3) divided by the number of frames, not by one less."""
    assert pool(HIDDEN, ("mean", "std")).tolist() == [[[2, 5, 7, 1, 0, 3]]]


def test_statistics_stand_in_the_order_asked_for() -> None:
    assert pool(HIDDEN, ("std", "mean")).tolist() == [[[1, 0, 3, 2, 5, 7]]]
    assert pool(HIDDEN, ("mean",)).tolist() == [[[2, 5, 7]]]


def test_one_frame_has_no_deviation() -> None:
    assert pool(HIDDEN[:, :, :1], ("mean", "std")).tolist() == [[[1, 5, 4, 0, 0, 0]]]


def test_layers_and_windows_stay_apart() -> None:
    hidden = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
    pooled = pool(hidden, ("mean", "std"))
    assert pooled.shape == (2, 3, 10)
    # Frames lie 5 apart: their mean is 7.5 above the first, and sqrt(mean((7.5, 2.5, 2.5, 7.5)**2)) is 5.590170.
    assert pooled[1, 2, :5].tolist() == [107.5, 108.5, 109.5, 110.5, 111.5]
    assert pooled[1, 2, 5:].tolist() == pytest.approx([5.590170] * 5)


def test_half_precision_is_pooled_in_float32() -> None:
    """The mean of 256 and 257 is 256.5, which bf16 cannot hold; neither could it hold their sum."""
    hidden = torch.tensor([[256.0], [258.0], [256.0], [256.0]], dtype=torch.bfloat16)[None, None]
    pooled = pool(hidden, ("mean",))
    assert pooled.dtype == torch.float32
    assert pooled.item() == 256.5


def test_large_offset_does_not_swamp_the_deviation() -> None:
    """The mean is taken off before squaring."""
    hidden = torch.tensor([[4097.0], [4095.0]])[None, None]
    assert pool(hidden, ("std",)).item() == 1.0
