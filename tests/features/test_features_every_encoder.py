"""What the extraction promises, kept with every architecture of transformers, in small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from counting_encoder import FRONT_END, write_recordings

from heartprobe.data.recordings import Recording
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.features.extract import extract
from heartprobe.features.recipe import Recipe
from heartprobe.features.table import FeatureTable
from heartprobe.progress import SilentProgress
from tiny_encoders import TINY_ENCODERS, save_tiny_encoder

SPEECH_FRONT_END = replace(FRONT_END, rate_hz=16_000, time_scale=4.0)


@pytest.fixture(scope="module", params=TINY_ENCODERS)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load_encoder(str(save_tiny_encoder(request.param, tmp_path_factory.mktemp("encoder"))))


@pytest.fixture(scope="module")
def four_windows(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    return write_recordings(tmp_path_factory.mktemp("recordings"), 2)


def features(encoder: Encoder, recordings: list[Recording], precision: str = "fp32", workers: int = 1) -> FeatureTable:
    recipe = Recipe.of(SPEECH_FRONT_END, encoder.info, "bf16" if precision == "bf16" else "fp32")
    return extract(recordings, encoder, recipe, None, workers=workers, progress=SilentProgress())


def test_bit_identical_on_one_thread_and_on_three(encoder: Encoder, four_windows: list[Recording]) -> None:
    """Threads share one module; none disturbs another."""
    alone = features(encoder, four_windows, workers=1)
    together = features(encoder, four_windows, workers=3)
    assert alone.n_layers == encoder.info.n_layers
    for index in range(alone.n_layers):
        assert alone.layer(index).tobytes() == together.layer(index).tobytes()


def test_bf16_is_near_fp32_and_not_the_same(encoder: Encoder, four_windows: list[Recording]) -> None:
    """Also bit-identical whatever the number of threads, which share the weights that autocast keeps in bf16."""
    exact = features(encoder, four_windows).layer(encoder.info.n_layers - 1)
    rounded = features(encoder, four_windows, "bf16").layer(encoder.info.n_layers - 1)
    again = features(encoder, four_windows, "bf16", workers=3).layer(encoder.info.n_layers - 1)
    assert rounded.tobytes() == again.tobytes()
    assert rounded.tobytes() != exact.tobytes()
    np.testing.assert_allclose(rounded, exact, atol=0.1 * np.abs(exact).max())
