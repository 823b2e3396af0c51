from __future__ import annotations

import numpy as np
import pytest

from heartprobe.errors import ConfigError
from heartprobe.features import table as table_module
from heartprobe.features.pooling import PooledWindows
from heartprobe.features.table import FeatureTable


class Counted:
    """Features that know how often they were read."""

    def __init__(self, windows: PooledWindows) -> None:
        self.windows, self.reads = windows, 0
        self.n_layers, self.starts_s = windows.n_layers, windows.starts_s

    def layer(self, index: int) -> np.ndarray:
        self.reads += 1
        return self.windows.layer(index)


def table_of(*features: Counted) -> FeatureTable:
    ids = tuple(f"r{i}" for i, f in enumerate(features) for _ in f.starts_s)
    starts_s = np.concatenate([f.starts_s for f in features]) if features else np.empty(0)
    return FeatureTable(ids, ids, starts_s, 2, 2, (), {}, features)


@pytest.fixture
def two() -> tuple[Counted, Counted]:
    """Two recordings, of two windows and of one; the first digit of a number is its layer."""
    first = np.array([[[1, 2], [3, 4]], [[11, 12], [13, 14]]], dtype=np.float32)
    second = np.array([[[5, 6]], [[15, 16]]], dtype=np.float32)
    return (
        Counted(PooledWindows(first, np.array([0.0, 5.0]), False)),
        Counted(PooledWindows(second, np.array([0.0]), True)),
    )


def test_rows_follow_the_recordings_and_their_windows(two: tuple[Counted, Counted]) -> None:
    table = table_of(*two)
    assert table.recording_ids == ("r0", "r0", "r1")
    assert table.layer(0).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert table.layer(1).tolist() == [[11, 12], [13, 14], [15, 16]]
    assert table.layer(1).dtype == np.float32


def test_nothing_is_read_before_it_is_asked_for_and_a_layer_only_once(two: tuple[Counted, Counted]) -> None:
    table = table_of(*two)
    assert two[0].reads == 0
    table.layer(1)
    table.layer(1)
    assert two[0].reads == two[1].reads == 1


def test_what_does_not_fit_is_read_again(two: tuple[Counted, Counted], monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for one layer of 24 bytes: the first one asked for stays, the other comes and goes."""
    monkeypatch.setattr(table_module, "KEPT_BYTES", 24)
    table = table_of(*two)
    for index in (0, 1, 0, 1):
        table.layer(index)
    assert two[0].reads == 3


def test_a_layer_cannot_be_written_to(two: tuple[Counted, Counted]) -> None:
    """It is shared by everyone who asks."""
    with pytest.raises(ValueError, match="read-only"):
        table_of(*two).layer(0)[0, 0] = 7


@pytest.mark.parametrize("index", [-1, 2])
def test_a_layer_that_is_not_there_is_a_sentence(two: tuple[Counted, Counted], index: int) -> None:
    with pytest.raises(ConfigError, match=rf"no layer {index}: this encoder has hidden states 0 to 1\. Set features"):
        table_of(*two).layer(index)


def test_no_recordings_make_an_empty_matrix() -> None:
    assert table_of().layer(0).shape == (0, 2)
