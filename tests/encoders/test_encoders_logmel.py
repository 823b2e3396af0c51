import torch

from heartprobe.encoders.logmel import LogMel
from heartprobe.encoders.modulation import Modulation
from heartprobe.encoders.spectrum import BandSpectrum


def test_percentiles_come_first_and_modulations_second() -> None:
    """Columns 0 to 114 are five percentiles per band, columns 115 to 229 what `modulation` returns."""
    windows = torch.randn(2, 8000, generator=torch.Generator().manual_seed(5))
    both = LogMel()(windows)[0, :, 0]
    median_of_band_7 = both[:, 7 * 5 + 2]
    torch.testing.assert_close(median_of_band_7, BandSpectrum()(windows)[:, 7].quantile(0.5, dim=-1))
    torch.testing.assert_close(both[:, 115:], Modulation()(windows)[0, :, 0])
