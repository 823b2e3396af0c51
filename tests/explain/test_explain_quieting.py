"""What it means to take a part of a recording away."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from heart_like_sounds import audio
from heartprobe.audio import Audio
from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.encoders.pcg.bands import EqualisedBands, band_corners_hz
from heartprobe.explain.grid import Grid, Stretch
from heartprobe.explain.quieting import Part, Quieting
from heartprobe.signal.resampling import resample

TIME = np.arange(16_000) / 4000


def tone(hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * TIME)


def level(samples: np.ndarray, hz: float, begin_s: float, end_s: float) -> float:
    """Return the amplitude of a tone in a stretch."""
    part = (begin_s <= TIME) & (end_s > TIME)
    return float(2 * np.abs(np.mean(samples[part] * np.exp(-2j * np.pi * hz * TIME[part]))))


def everything(quieting: Quieting) -> Part:
    n_bands, n_samples = quieting.standing_out.shape
    return Part(tuple(range(n_bands)), Stretch(slice(0, n_samples), np.ones(n_samples, dtype=np.float32)))


@pytest.fixture
def burst() -> tuple[Quieting, Grid]:
    """A hum at 80 Hz, and a tone of 300 Hz that is ten times louder from 2.0 to 2.5 s."""
    loudness = np.where((TIME >= 2.0) & (TIME < 2.5), 1.0, 0.1)
    sound = audio(0.5 * tone(80) + loudness * tone(300))
    grid = Grid.over(4.0, 1000.0)
    return Quieting.of(sound, grid), grid


def test_what_stands_out_comes_down_to_the_usual(burst: tuple[Quieting, Grid]) -> None:
    quieting, grid = burst
    without = quieting.without(Part((4,), grid.steps(16_000, 4000)[4])).samples
    assert level(quieting.audio.samples, 300, 2.1, 2.4) == pytest.approx(1.0, abs=0.01)
    assert level(without, 300, 2.1, 2.4) == pytest.approx(0.1, abs=0.02)


def test_nothing_else_changes(burst: tuple[Quieting, Grid]) -> None:
    """Neither what lies beyond the fades, to the last bit, nor the hum that is as loud as always."""
    quieting, grid = burst
    without = quieting.without(Part((4,), grid.steps(16_000, 4000)[4])).samples
    outside = (TIME < 1.9) | (TIME > 2.6)
    assert np.array_equal(without[outside], quieting.audio.samples[outside])
    assert level(without, 80, 2.0, 2.5) == pytest.approx(0.5, abs=0.01)


def test_part_in_which_nothing_stands_out_is_left_as_it_is(burst: tuple[Quieting, Grid]) -> None:
    quieting, grid = burst
    for band, step in ((1, 4), (4, 1), (6, 1)):
        without = quieting.without(Part((band,), grid.steps(16_000, 4000)[step])).samples
        assert np.abs(without - quieting.audio.samples).max() < 0.03


def test_no_edge_is_made(burst: tuple[Quieting, Grid]) -> None:
    """Far from 300 Hz there is as little as before; silence with hard ends would splash over all bands."""
    quieting, grid = burst
    without = quieting.without(Part((4,), grid.steps(16_000, 4000)[4])).samples
    splash = [np.abs(np.fft.rfft(x * np.hanning(x.size)))[3000:].max() for x in (without, quieting.audio.samples)]
    assert splash[0] < 1.1 * splash[1]


def test_cells_add_up_to_everything(stenosis: Audio) -> None:
    grid = Grid.over(stenosis.duration_s, 1000.0)
    quieting = Quieting.of(stenosis, grid)
    steps = grid.steps(stenosis.samples.size, stenosis.rate_hz)
    cells = [Part((band,), step) for band in range(grid.shape[0]) for step in steps]
    together = quieting.without(*cells).samples
    assert together == pytest.approx(quieting.without(everything(quieting)).samples, abs=1e-5)


def test_nothing_stands_out_in_the_end(stenosis: Audio) -> None:
    """Without everything that stands out, the loudest tenth of a second is hardly louder than the median one."""
    quieting = Quieting.of(stenosis, Grid.over(stenosis.duration_s, 1000.0))
    frames = [
        np.sqrt((x.samples.reshape(-1, 400).astype(float) ** 2).mean(axis=1))
        for x in (stenosis, quieting.without(everything(quieting)))
    ]
    before, after = (loud.max() / np.median(loud) for loud in frames)
    assert before > 3
    assert after < 1.4


def test_digital_silence_does_not_make_silence() -> None:
    """Most of the recording is zero; what remains of the rest is soft, but no recording of nothing."""
    sound = np.zeros(16_000)
    sound[12_000:14_000] = tone(100)[12_000:14_000]
    quieting = Quieting.of(audio(sound), Grid.over(4.0, 1000.0))
    left = quieting.without(everything(quieting))
    assert 0 < np.abs(left.samples).max() < 0.1


def test_band_of_a_whole_recording_tells_the_shipped_encoder_nothing(stenosis: Audio) -> None:
    """It takes the mean of each band out itself, so a softer band would be no change; a band that is level is.

    What its equalised bands between 160 and 250 Hz do over time shrinks to less than half, although the loudest
    sounds of their neighbours reach into them.
    """
    quieting = Quieting.of(stenosis, Grid.over(stenosis.duration_s, 1000.0))
    without = quieting.without(Part((3,), everything(quieting).stretch))
    architecture = Architecture()
    heard = EqualisedBands(architecture)
    corners = band_corners_hz(architecture)
    inside = (corners[:-2] >= 170) & (corners[2:] <= 240)
    outside = (corners[:-2] >= 270) | (corners[2:] <= 140)

    def swing(sound: Audio) -> np.ndarray:
        samples = resample(sound.samples.astype(float), sound.rate_hz, architecture.rate_hz)
        bands = heard(torch.from_numpy(samples[np.newaxis].astype(np.float32)))[0].numpy()
        return np.quantile(bands, 0.98, axis=0) - np.median(bands, axis=0)

    before, after = swing(stenosis), swing(without)
    assert inside.any()
    assert (after[inside] < before[inside] / 2).all()
    assert after[outside] == pytest.approx(before[outside], rel=0.05)
