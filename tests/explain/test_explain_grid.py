"""The cells into which a recording is cut."""

from __future__ import annotations

import numpy as np
import pytest

from heartprobe.errors import ConfigError
from heartprobe.explain.cycle import PHASES, phase_edges, phases
from heartprobe.explain.grid import MOST_STEPS, Grid


def test_edges_of_a_usual_recording() -> None:
    grid = Grid.over(20.0, 1000.0)
    assert grid.band_edges_hz.tolist() == [0, 60, 100, 160, 250, 400, 700, 1000]
    assert grid.time_edges_s[:3].tolist() == [0.0, 0.5, 1.0]
    assert grid.time_edges_s[-1] == 20.0
    assert grid.shape == (7, 40)


def test_what_is_not_heard_has_no_band() -> None:
    """A last band that would be very narrow joins the one below."""
    assert Grid.over(5.0, 500.0).band_edges_hz.tolist() == [0, 60, 100, 160, 250, 400, 500]
    assert Grid.over(5.0, 720.0).band_edges_hz.tolist() == [0, 60, 100, 160, 250, 400, 720]


def test_long_recordings_have_longer_steps() -> None:
    assert Grid.over(120.0, 1000.0).shape[1] == MOST_STEPS
    assert Grid.over(1.2, 1000.0, step_s=5.0).time_edges_s.tolist() == [0.0, 1.2]


@pytest.mark.parametrize("step_s", [0.0, 0.05, float("nan")])
def test_step_that_is_too_short_is_refused(step_s: float) -> None:
    with pytest.raises(ConfigError, match=r"too short for an explanation, at least 0\.1 s is expected"):
        Grid.over(20.0, 1000.0, step_s=step_s)


@pytest.mark.parametrize("step_s", [0.1, 0.5, 7.0])
def test_every_sample_belongs_to_the_steps_as_a_whole(step_s: float) -> None:
    n_samples, total = 8009, np.zeros(8009)
    for stretch in Grid.over(8009 / 4000, 1000.0, step_s=step_s).steps(n_samples, 4000):
        assert stretch.share.min() >= 0
        total[stretch.where] += stretch.share
    assert total == pytest.approx(np.ones(n_samples), abs=1e-6)


def test_neighbouring_steps_fade() -> None:
    """The middle of a step is its alone, its edge belongs half to each side, 60 ms beyond nothing does."""
    second = Grid.over(4.0, 1000.0, step_s=1.0).steps(4000, 1000)[1]
    share = np.zeros(4000)
    share[second.where] = second.share
    assert share[[940, 1000, 1500, 2000, 2060]] == pytest.approx([0, 0.5, 1, 0.5, 0], abs=1e-6)


def test_every_frequency_belongs_to_the_bands_as_a_whole() -> None:
    shares = Grid.over(5.0, 1000.0).band_shares(np.array([0.0, 55, 60, 80, 300, 1000, 1900]))
    assert shares.sum(axis=0) == pytest.approx(np.ones(7))
    assert shares[:, 2] == pytest.approx([0.5, 0.5, 0, 0, 0, 0, 0])
    assert shares[:, 4] == pytest.approx([0, 0, 0, 0, 1, 0, 0])
    assert shares[-1, -1] == 1


def test_every_sample_belongs_to_the_phases_as_a_whole() -> None:
    beats_s = np.array([0.7, 1.5, 2.2, 3.1])
    shares = [stretch.share for stretch in phases(beats_s, 5000, 1000)]
    assert len(shares) == PHASES
    assert np.sum(shares, axis=0) == pytest.approx(np.ones(5000), abs=1e-5)


def test_phases_of_a_steady_heart() -> None:
    """One beat a second: the first phase lies around each beat, the fifth around the middle between two."""
    shares = np.stack([stretch.share for stretch in phases(np.array([1.25, 2.25, 3.25]), 5000, 1000)])
    beats, middles = [250, 1250, 2250, 3250, 4250], [750, 1750, 4750]
    assert shares[0, beats] == pytest.approx(np.ones(5))
    assert shares[4, middles] == pytest.approx(np.ones(3))
    assert shares[0, [1250 - 62, 1250 + 62]] == pytest.approx([0.5, 0.5], abs=0.05)
    assert phase_edges()[[0, 1, -1]].tolist() == [-0.0625, 0.0625, 0.9375]


def test_missing_beat_is_filled_in() -> None:
    """Otherwise everything in the gap would belong to a beat of twice the length."""
    whole = phases(np.arange(0.5, 9.5, 0.8), 10_000, 1000)
    gap = phases(np.delete(np.arange(0.5, 9.5, 0.8), 5), 10_000, 1000)
    for one, other in zip(whole, gap, strict=True):
        assert one.share == pytest.approx(other.share, abs=1e-4)
