import math

import pytest
import torch

from heartprobe.encoders.modulation import SHORTEST_TRANSFORM, modulation_spectrum


def _varying(frequency_hz: float, n_frames: int = 1250) -> torch.Tensor:
    """Return one band whose log power varies with a cosine of amplitude 1, 62.5 frames per second."""
    time_s = torch.arange(n_frames) / 62.5
    return torch.cos(2 * math.pi * frequency_hz * time_s)[None, None]


@pytest.mark.parametrize(("frequency_hz", "band"), [(0.75, 0), (1.2, 1), (3.0, 2), (6.0, 3), (12.0, 4)])
def test_a_rhythm_shows_in_its_modulation_band(frequency_hz: float, band: int) -> None:
    """0.5-1, 1-2, 2-4, 4-8 and 8-16 Hz, over 20 s."""
    assert int(modulation_spectrum(_varying(frequency_hz))[0, 0].argmax()) == band


def test_the_magnitude_of_a_cosine_is_half_its_amplitude_in_one_bin() -> None:
    """20 s have bins every 0.05 Hz: 1.2 Hz is one of the 20 bins from 1 to 2 Hz, of magnitude 0.5."""
    value = modulation_spectrum(_varying(1.2))[0, 0, 1]
    assert float(value) == pytest.approx(math.log(0.5 / 20 + 1e-6), abs=1e-3)


def test_what_is_constant_in_time_does_not_show() -> None:
    """A stationary filter in front adds a constant to the log power of a band: the result stays."""
    log_power = torch.randn(2, 3, 400, generator=torch.Generator().manual_seed(2))
    filtered = log_power + torch.tensor([5.0, -3.0, 100.0])[None, :, None]
    torch.testing.assert_close(modulation_spectrum(filtered), modulation_spectrum(log_power), atol=1e-3, rtol=0)


def test_a_band_that_does_not_vary_is_finite() -> None:
    """The floor of 1e-6 stands where nothing varies."""
    assert modulation_spectrum(torch.zeros(1, 1, 59)) == pytest.approx(math.log(1e-6), abs=1e-5)


def test_one_second_fills_every_modulation_band() -> None:
    """Zero-padded to 256 frames, bins are 0.244 Hz apart: the narrowest band, 0.5 to 1 Hz, holds two."""
    assert SHORTEST_TRANSFORM == 256
    values = modulation_spectrum(torch.randn(1, 1, 59, generator=torch.Generator().manual_seed(3)))
    assert values.shape == (1, 1, 5)
    assert values.isfinite().all()
    assert (values > math.log(1e-3)).all()


def test_lengths_compare() -> None:
    """The same noise for 10 s or 20 s differs by its own randomness, about ln sqrt 2, not by its length."""
    noise = torch.randn(1, 200, 1250, generator=torch.Generator().manual_seed(4))
    shift = (modulation_spectrum(noise[..., :625]) - modulation_spectrum(noise)).mean()
    assert float(shift) == pytest.approx(math.log(math.sqrt(2)), abs=0.02)
