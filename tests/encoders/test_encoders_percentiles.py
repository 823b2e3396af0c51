import numpy as np
import pytest
import torch

from heartprobe.encoders.logmel import LogMel
from heartprobe.encoders.percentiles import PERCENTILES, Percentiles, percentiles_over_time


def test_percentiles_of_five_values() -> None:
    """Of 0, 10, 20, 30, 40 the 5th percentile lies a fifth of the way from the first to the second."""
    values = torch.tensor([40.0, 0.0, 30.0, 10.0, 20.0])
    assert percentiles_over_time(values).tolist() == pytest.approx([2.0, 10.0, 20.0, 30.0, 38.0])


@pytest.mark.parametrize("n_frames", [1, 2, 59, 310])
def test_percentiles_are_those_of_numpy(n_frames: int, rng: np.random.Generator) -> None:
    """Linear between neighbours, whatever the number of frames."""
    values = rng.normal(size=(3, n_frames))
    expected = np.percentile(values, PERCENTILES, axis=-1).T
    np.testing.assert_allclose(percentiles_over_time(torch.from_numpy(values)).numpy(), expected, rtol=1e-12)


def test_they_are_the_first_half_of_logmel() -> None:
    """Columns 0 to 114 of `logmel`."""
    windows = torch.randn(2, 8000, generator=torch.Generator().manual_seed(5))
    torch.testing.assert_close(Percentiles()(windows)[0, :, 0], LogMel()(windows)[0, :, 0, :115])
