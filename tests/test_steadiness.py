"""The shipped model on a stethoscope, an amplifier and files that it never heard."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from heartprobe.predict import Predictor

REPOSITORY = Path(__file__).resolve().parents[1]

#: What a probability may move by in the median.
STEADY = 0.05


@pytest.fixture(scope="module")
def steadiness() -> ModuleType:
    spec = importlib.util.spec_from_file_location("steadiness", REPOSITORY / "benchmarks" / "steadiness.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["steadiness"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def require_steady(steadiness: ModuleType, files: list[Path]) -> None:
    moved = steadiness.moves(Predictor.shipped(), files, seed=0)
    assert set(moved) == set(steadiness.CHANGES)
    medians = {name: float(np.median(distances)) for name, distances in moved.items()}
    assert max(medians.values()) < STEADY, medians
    # They are changes: the filter moves every answer a little.
    assert min(moved[next(iter(moved))]) > 0


def test_steady_on_synthetic_recordings(steadiness: ModuleType, synthetic: Path) -> None:
    """A random smooth filter, 20 dB either way, and four rates: less than .05 in the median."""
    require_steady(steadiness, steadiness.recordings_below(synthetic)[::4])


@pytest.mark.real_data
@pytest.mark.slow
def test_steady_on_real_recordings(steadiness: ModuleType, shared: Path) -> None:
    """The same on recordings of BMD-HS, every twentieth."""
    require_steady(steadiness, steadiness.recordings_below(shared / "data" / "bmd-hs")[::20])


def test_the_filter_is_as_strong_as_it_says(steadiness: ModuleType) -> None:
    """White noise through it: somewhere more than 3 dB, nowhere more than 12 dB above the mean of the knots."""
    rng = np.random.default_rng(5)
    noise = steadiness.Sound(rng.standard_normal(40_000) / 10, 4000)
    spectrum = np.abs(np.fft.rfft(noise.samples))
    gains_db = 20 * np.log10(np.abs(np.fft.rfft(steadiness.filtered(noise, rng).samples)) / spectrum)
    at_hz = np.fft.rfftfreq(40_000, 1 / 4000)
    heard = gains_db[(at_hz > 20) & (at_hz < 1000)]
    assert 6 < heard.max() - heard.min() <= 24 + 1e-6
