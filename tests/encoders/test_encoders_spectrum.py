import math

import pytest
import torch

from heartprobe.encoders.spectrum import BandSpectrum, band_edges_hz, bins_between


def test_bands_are_equally_wide_up_to_200_hz_and_widen_by_a_ratio_after_it() -> None:
    """23 bands: eight of 23.125 Hz from 15 Hz, then fifteen up to 1.9 kHz."""
    edges = band_edges_hz()
    assert len(edges) == 24
    assert edges[:3] == pytest.approx([15.0, 38.125, 61.25])
    assert edges[8] == pytest.approx(200.0)
    assert edges[9] / edges[8] == pytest.approx(9.5 ** (1 / 15))
    assert edges[-1] == pytest.approx(1900.0)


@pytest.mark.parametrize(
    ("low", "high", "spacing", "expected"),
    [
        (15.0, 38.125, 7.8125, (2, 5)),  # bins at 15.6, 23.4 and 31.25 Hz
        (0.5, 1.0, 0.25, (2, 4)),  # the lower edge belongs to a band, the upper one to the next
        (0.5, 1.0, 1.0625, (1, 2)),  # no bin in between: the nearest one
    ],
)
def test_bins_lie_from_the_lower_edge_to_below_the_upper_one(
    low: float, high: float, spacing: float, expected: tuple[int, int]
) -> None:
    """Worked out by hand."""
    assert bins_between(low, high, spacing) == expected


def test_no_band_is_empty() -> None:
    """Each band has a bin of its own, so that no two columns are the same."""
    bands = BandSpectrum().bands
    assert all(first < stop for first, stop in bands)
    assert len(set(bands)) == 23


def test_only_whole_frames_are_taken() -> None:
    """1 s at 4 kHz holds 1 + (4000 - 256) // 64 = 59 frames; the rest is not padded."""
    spectrum = BandSpectrum()
    assert spectrum(torch.zeros(2, 4000)).shape == (2, 23, 59)
    assert spectrum(torch.zeros(2, 4031)).shape == (2, 23, 59)
    assert spectrum(torch.zeros(2, 4032)).shape == (2, 23, 60)


@pytest.mark.parametrize(("frequency_hz", "band"), [(25.0, 0), (100.0, 3), (1000.0, 18)])
def test_a_tone_is_loudest_in_its_band(frequency_hz: float, band: int) -> None:
    """15-38 Hz, 84-107 Hz and 900-1046 Hz are bands 0, 3 and 18... as the edges say."""
    edges = band_edges_hz()
    assert edges[band] < frequency_hz < edges[band + 1]
    time_s = torch.arange(4000) / 4000
    log_power = BandSpectrum()(torch.sin(2 * math.pi * frequency_hz * time_s)[None])
    assert (log_power.argmax(dim=1) == band).all()


def test_twice_the_amplitude_is_four_times_the_power() -> None:
    """Natural logarithm: every band and frame rises by ln 4."""
    noise = torch.randn(1, 8000, generator=torch.Generator().manual_seed(1))
    spectrum = BandSpectrum()
    assert spectrum(2 * noise) - spectrum(noise) == pytest.approx(math.log(4), abs=1e-4)


def test_digital_silence_is_finite() -> None:
    """The floor of 1e-12 stands where there is no power at all."""
    assert BandSpectrum()(torch.zeros(1, 4000)) == pytest.approx(math.log(1e-12), abs=1e-4)
