"""Tests of where windows lie."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.signal.windows import cut, is_short, window_starts


@pytest.mark.parametrize(
    ("n_samples", "starts"),
    [
        (5, [0]),
        (10, [0]),
        (11, [0]),  # a tenth of a window remains: dropped
        (12, [0, 2]),  # more than a tenth: one more window, shifted back
        (19, [0, 9]),
        (20, [0, 10]),
        (21, [0, 10]),
        (25, [0, 10, 15]),
        (30, [0, 10, 20]),
    ],
)
def test_windows_follow_one_another_and_the_last_ends_with_the_recording(n_samples: int, starts: list[int]) -> None:
    """With windows of ten samples."""
    assert window_starts(n_samples, 10, "all") == starts


@pytest.mark.parametrize(("n_samples", "start"), [(5, 0), (10, 0), (11, 0), (12, 1), (20, 5), (25, 7)])
def test_the_centre_window_lies_in_the_middle(n_samples: int, start: int) -> None:
    """Half of what is left over lies before it, rounded down."""
    assert window_starts(n_samples, 10, "centre") == [start]


def test_lengths_of_bmd_hs_make_one_window_each() -> None:
    """Recordings of "20 s" have 79 816, 80 000 or 80 017 samples; one has 15 s."""
    assert window_starts(80_017, 80_000, "all") == [0]
    assert not is_short(80_017, 80_000)
    assert not is_short(80_000, 80_000)
    assert not is_short(79_816, 80_000)
    assert is_short(60_000, 80_000)


@pytest.mark.parametrize(("n_samples", "expected"), [(8, True), (9, False), (10, False), (30, False)])
def test_more_than_a_tenth_must_be_missing_to_be_short(n_samples: int, expected: bool) -> None:
    """With windows of ten samples."""
    assert is_short(n_samples, 10) is expected


def test_every_sample_is_in_a_window_but_for_a_tenth_at_the_end(rng: np.random.Generator) -> None:
    """For any length: at most two windows share a sample, and at most a tenth of a window is left out."""
    for _ in range(200):
        window, n_samples = (int(n) for n in rng.integers(1, 1000, size=2) * (1, 5))
        starts = window_starts(n_samples, window, "all")
        covered = np.zeros(max(n_samples, window), int)
        for start in starts:
            covered[start : start + window] += 1

        end = starts[-1] + window
        assert covered[:end].min() == 1
        assert covered.max() <= 2
        assert 0 <= max(n_samples, window) - end <= window / 10
        assert starts == sorted(set(starts))


def test_windows_are_cut_at_their_starts() -> None:
    """Float32, one row per window."""
    windows = cut(np.arange(7.0), 3, [0, 3, 4])

    assert windows.dtype == np.float32
    assert windows.tolist() == [[0, 1, 2], [3, 4, 5], [4, 5, 6]]


def test_a_short_recording_is_repeated_until_the_window_is_full() -> None:
    """From its start, and never filled up with zeros."""
    assert cut(np.array([1.0, 2.0, 3.0]), 8, [0]).tolist() == [[1, 2, 3, 1, 2, 3, 1, 2]]
