"""Asking a model again and again without one part: models made by hand, whose reasons are known."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from heart_like_sounds import audio, beating
from heartprobe.audio import Audio
from heartprobe.explain.explaining import explain_answer
from heartprobe.explain.explanation import Explanation
from heartprobe.explain.grid import Grid
from heartprobe.progress import Advance, SilentProgress

RATE_HZ = 4000


def power(sound: Audio, low_hz: float, high_hz: float, begin_s: float = 0.0, end_s: float = 1e9) -> float:
    """Return the power between two frequencies in a stretch."""
    part = sound.samples[round(begin_s * RATE_HZ) : round(min(end_s, sound.duration_s) * RATE_HZ)].astype(float)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size))) ** 2
    frequency = np.fft.rfftfreq(part.size, 1 / RATE_HZ)
    return float(spectrum[(frequency >= low_hz) & (frequency < high_hz)].sum() / part.size)


@pytest.fixture(scope="module")
def sound() -> Audio:
    """Beats, and a whiff of noise in every half second, so that something stands out in every cell."""
    rng = np.random.default_rng(1)
    samples = beating(72, 8.0)
    for begin in np.arange(0.1, 8.0, 0.5):
        first = round(begin * RATE_HZ)
        samples[first : first + 800] += rng.standard_normal(800) * np.hanning(800)
    return audio(samples / np.abs(samples).max())


def explained(sound: Audio, ask, **options: object) -> Explanation:
    return explain_answer(ask, sound, "AS", Grid.over(sound.duration_s, 1000.0), **options)  # type: ignore[arg-type]


def test_model_that_listens_to_one_cell_is_explained_by_that_cell(sound: Audio) -> None:
    """250 to 400 Hz from 3.0 to 3.5 s; no other cell has a twentieth of its effect."""
    found = explained(sound, lambda x: 10 * np.log10(power(x, 260, 390, 3.05, 3.45)))
    assert np.unravel_index(found.effect.argmax(), found.effect.shape) == (4, 6)
    others = np.delete(found.effect.ravel(), 4 * 16 + 6)
    assert found.effect[4, 6] > 3
    assert np.abs(others).max() < found.effect[4, 6] / 20


def test_model_that_hears_the_opposite_has_the_opposite_effect(sound: Audio) -> None:
    speaks_for = explained(sound, lambda x: power(x, 250, 400))
    speaks_against = explained(sound, lambda x: -power(x, 250, 400))
    assert np.array_equal(speaks_for.effect, -speaks_against.effect)
    assert speaks_for.effect[4].min() > 0
    assert speaks_for.band_effect.argmax() == 4


def test_constant_model_has_no_reasons(sound: Audio) -> None:
    found = explained(sound, lambda _: 1.0)
    assert not found.effect.any()
    assert not found.band_effect.any()
    assert found.finding_probability == pytest.approx(0.7310586)


def test_cells_of_an_additive_model_sum_to_their_band(sound: Audio) -> None:
    """A model that adds samples up, each with its own weight, knows no more than the sum of its parts."""
    weights = np.random.default_rng(0).standard_normal(sound.samples.size)
    found = explained(sound, lambda x: float(weights @ x.samples.astype(float)))
    assert found.effect.sum(axis=1) == pytest.approx(found.band_effect, rel=1e-3, abs=1e-3)
    assert found.beat_effect is not None
    assert found.beat_effect.sum(axis=1) == pytest.approx(found.band_effect, rel=1e-3, abs=1e-3)


def test_phase_of_the_beat_is_found() -> None:
    """A model that listens at the second sound alone, which comes 0.33 s of 0.833 s after the first."""
    beats = audio(beating(72, 8.0))

    def second_sounds(x: Audio) -> float:
        return sum(power(x, 40, 100, begin + 0.35, begin + 0.43) for begin in np.arange(0, 7.5, 60 / 72))

    found = explained(beats, second_sounds)
    assert found.beats_s.size >= 9
    assert found.beat_effect is not None
    assert found.beat_effect.sum(axis=0).argmax() == 3  # 3/8 of 0.833 s are 0.31 s


def test_without_beats_there_are_no_phases() -> None:
    noise = audio(np.random.default_rng(0).standard_normal(20_000))
    found = explained(noise, lambda x: power(x, 250, 400))
    assert found.beat_effect is None
    assert found.as_dict()["beat"] is None


def test_number_of_threads_changes_nothing(sound: Audio) -> None:
    once, again = (explained(sound, lambda x: power(x, 100, 200), threads=n) for n in (1, 5))
    assert np.array_equal(once.effect, again.effect)
    assert np.array_equal(once.band_effect, again.band_effect)


class Counting(SilentProgress):
    def __init__(self, most: int) -> None:
        self.most, self.done, self.total = most, 0, 0

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:  # noqa: ARG002
        self.total = total or 0
        yield self._advance

    def _advance(self, n: int) -> None:
        self.done += n
        if self.done >= self.most:
            raise TimeoutError


def test_progress_counts_every_part(sound: Audio) -> None:
    """7 bands of 16 cells, the whole recording, and 8 phases."""
    progress = Counting(10_000)
    explained(sound, lambda _: 0.0, progress=progress)
    assert progress.done == progress.total == 7 * (16 + 1 + 8)


def test_what_progress_raises_ends_the_work(sound: Audio) -> None:
    """At once: hardly more parts are asked about than were answered, and no thread is left."""
    asked, before = [], threading.active_count()

    def ask(x: Audio) -> float:
        asked.append(threading.get_ident())
        return power(x, 100, 200)

    with pytest.raises(TimeoutError):
        explained(sound, ask, threads=2, progress=Counting(10))
    assert len(asked) < 60
    assert threading.active_count() == before


def test_what_the_model_raises_is_raised(sound: Audio) -> None:
    def ask(x: Audio) -> float:
        if x is not sound:
            raise ZeroDivisionError
        return 0.0

    with pytest.raises(ZeroDivisionError):
        explained(sound, ask)
