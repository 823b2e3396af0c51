"""What another stethoscope changes in the features, with and without `audio.equalise`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from heartprobe.config.schema import AudioConfig
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.features.encoder_windows import resolve_front_end
from stationary_filters import eight_patients, filtered, movement, rows
from tiny_encoders import TINY_ENCODERS, TinyEncoder

#: Of the raw waveform and of a mel spectrogram, with weights and without.
ENCODERS = ("logmel", "percentiles", "wav2vec2-group-norm", "wavlm-layer-norm", "whisper")


@pytest.fixture(scope="module")
def sounds() -> list[np.ndarray]:
    return eight_patients()


@pytest.fixture(params=ENCODERS)
def encoder(request: pytest.FixtureRequest, tiny_encoder: TinyEncoder) -> Encoder:
    return load_encoder(str(tiny_encoder(request.param)) if request.param in TINY_ENCODERS else request.param)


@pytest.fixture
def features(encoder: Encoder) -> Callable[..., np.ndarray]:
    """A function from sounds to a row for each, equalised or not."""

    def of(sounds: list[np.ndarray], *, equalise: bool) -> np.ndarray:
        settings = AudioConfig(duration=8, time_scale=4, equalise=equalise)
        return rows(encoder, resolve_front_end(settings, encoder.info)[0], sounds)

    return of


def test_a_filter_in_front_moves_equalised_features_less_than_a_quarter_as_far(
    features: Callable[..., np.ndarray], sounds: list[np.ndarray]
) -> None:
    """12 dB either way: a large part of what lies between two patients without, less than a fifth of it with."""
    rng = np.random.default_rng(5)
    behind = [filtered(sound, rng) for sound in sounds]
    plain, equalised = (
        movement(features(sounds, equalise=how), features(behind, equalise=how)) for how in (False, True)
    )
    assert plain > 0.5
    assert equalised < 0.2
    assert equalised < plain / 4


@pytest.mark.parametrize("gain_db", [-20, 20])
def test_a_gain_moves_nothing(features: Callable[..., np.ndarray], sounds: list[np.ndarray], gain_db: int) -> None:
    """To rounding."""
    louder = [sound * 10 ** (gain_db / 20) for sound in sounds]
    assert movement(features(sounds, equalise=True), features(louder, equalise=True)) < 5e-3
