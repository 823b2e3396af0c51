"""The parts of the exported mathematics, each against torch's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tiny_bundles import noise
from torch import Tensor, nn

from heartprobe.encoders.load import load_encoder
from heartprobe.export.frame_power import FramePower, framed
from heartprobe.export.graph import Inputs, onnx_graph
from heartprobe.export.rhythm import rhythm
from heartprobe.export.twins import exportable, percentiles_of
from heartprobe.predict.onnx_model import open_session


def test_frames_are_those_that_unfold_makes() -> None:
    """Also where a window is no whole number of hops."""
    sound = torch.arange(23.0)[None]
    assert torch.equal(framed(sound, 8, 4), sound.unfold(1, 8, 4))
    assert torch.equal(framed(sound, 7, 3), sound.unfold(1, 7, 3))
    assert torch.equal(framed(sound[:, :8], 8, 4), sound[:, None, :8])


@pytest.mark.parametrize(("window", "hop", "n_fft"), [(128, 32, 256), (400, 160, 400), (7, 3, 16)])
def test_power_is_that_of_the_fourier_transform(window: int, hop: int, n_fft: int) -> None:
    sound, taper = torch.from_numpy(noise(2, 3000)), torch.hann_window(window)
    expected = torch.fft.rfft(sound.unfold(1, window, hop) * taper, n=n_fft).abs().square()
    bins = (2, n_fft // 2 + 1)
    found = FramePower(taper, hop=hop, n_fft=n_fft, bins=bins)(sound)
    torch.testing.assert_close(found, expected[..., slice(*bins)], atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("n", [1, 2, 7, 1250])
def test_percentiles_are_those_of_torch(n: int) -> None:
    values = torch.from_numpy(noise(3, n))[None] if n > 2 else torch.arange(3.0 * n).reshape(1, 3, n)
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    expected = torch.quantile(values, torch.tensor(levels), dim=2).permute(1, 2, 0)
    torch.testing.assert_close(percentiles_of(values, levels), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["heartprobe-pcg", "modulation"])
def test_twins_say_what_the_encoders_say(name: str) -> None:
    """To 1e-4 of numbers between 0.01 and 10: what cannot be told from rounding in either."""
    module = load_encoder(name).module
    windows = torch.from_numpy(noise(2, 30_007))
    with torch.inference_mode():
        torch.testing.assert_close(exportable(module)(windows), module(windows), atol=1e-4, rtol=1e-5)


class _Rhythm(nn.Module):
    """Both ways in which edges become bins, of channels of which one never varies."""

    def forward(self, windows: Tensor) -> Tensor:
        """Return the logarithms of four ranges."""
        still = torch.zeros_like(windows[:, None])
        varying = windows[:, None] - windows[:, None].mean(2, keepdim=True)
        both = torch.cat([varying, still], dim=1)
        down = rhythm(both, 62.5, [0.5, 1.0, 4.0, 16.0], 250, 1e-6, False)
        up = rhythm(varying, 62.5, [0.5, 1.0, 4.0, 16.0], 256, 0.0, True)
        return torch.cat([torch.log(down + 1e-6).flatten(1), torch.log(up + 1e-6).flatten(1)], dim=1)


def test_rhythm_is_computed_inside_the_graph_for_any_length(tmp_path: Path) -> None:
    """Shorter than the shortest transform, at it, primes, powers of two, and long; also where nothing varies."""
    graph = onnx_graph(_Rhythm(), Inputs(1250, is_length_free=True, min_samples=8, n_demographics=0), {})
    onnx.save(graph, tmp_path / "rhythm.onnx")
    session = open_session(tmp_path / "rhythm.onnx")
    for n_steps in (8, 62, 250, 251, 256, 1021, 1250, 2048, 4099, 30_011):
        windows = noise(2, n_steps, seed=n_steps).cumsum(1).astype(np.float32)
        (found,) = session.run(None, {"windows": windows})
        expected = _Rhythm()(torch.from_numpy(windows)).numpy()
        assert found.shape == (2, 9)
        # A channel that never varies has the logarithm of its floor, not minus infinity.
        np.testing.assert_allclose(found, expected, atol=2e-5, rtol=0, err_msg=f"{n_steps} steps")


def test_graph_tells_nothing_of_the_machine_it_was_made_on() -> None:
    """Torch writes into every node which line of which file it comes from."""
    graph = onnx_graph(_Rhythm(), Inputs(1250, is_length_free=True, min_samples=8, n_demographics=0), {"a": "b"})
    content = graph.SerializeToString()
    assert b"site-packages" not in content
    assert str(Path(__file__).parents[2]).encode() not in content
    assert [(one.key, one.value) for one in graph.metadata_props] == [("a", "b")]
