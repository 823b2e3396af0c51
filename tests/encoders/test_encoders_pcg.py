"""The shipped encoder hears the heart, and next to nothing of what stands in between."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr
import torch

from heartprobe.config.schema import AudioConfig
from heartprobe.encoders.hub import SHIPPED
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.loaded import LoadedEncoder
from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.encoders.pcg.bands import EqualisedBands, band_corners_hz, band_weights
from heartprobe.encoders.pcg.statistics import BANDS_EDGES_HZ, band_statistics, mean_and_deviation
from heartprobe.errors import EncoderError, TrainingError
from heartprobe.signal.front_end import FrontEnd
from heartprobe.training.freezing import freeze
from stationary_filters import eight_patients, filtered, movement, rows

NAME = "heartprobe-pcg"


@pytest.fixture(scope="module")
def encoder() -> LoadedEncoder:
    return load_encoder(NAME)


@pytest.fixture(scope="module")
def sounds() -> list[np.ndarray]:
    return eight_patients()


def moved(encoder: LoadedEncoder, before: list[np.ndarray], after: list[np.ndarray], rate_hz: int = 4000) -> float:
    """How far whole recordings move, as a share of what lies between two patients."""
    front_end = FrontEnd.of(AudioConfig(windows="whole"), encoder.info.rate_hz, time_scale=1.0)
    return movement(rows(encoder, front_end, before), rows(encoder, front_end, after, rate_hz))


@pytest.mark.parametrize("gain_db", [-20, 20])
def test_a_gain_changes_nothing(encoder: LoadedEncoder, sounds: list[np.ndarray], gain_db: int) -> None:
    """To rounding: the sound is brought to unit variance."""
    louder = [sound * 10 ** (gain_db / 20) for sound in sounds]
    assert moved(encoder, sounds, louder) < 1e-3


def test_a_stationary_filter_changes_little(encoder: LoadedEncoder, sounds: list[np.ndarray]) -> None:
    """Another stethoscope moves a recording by less than a quarter of what lies between two patients."""
    rng = np.random.default_rng(5)
    assert moved(encoder, sounds, [filtered(sound, rng) for sound in sounds]) < 0.25


@pytest.mark.parametrize("rate_hz", [2000, 8000, 44_100])
def test_rates_agree(encoder: LoadedEncoder, sounds: list[np.ndarray], rate_hz: int) -> None:
    """The same sound stored at another rate is the same sound."""
    stored = [soxr.resample(sound, 4000, rate_hz, quality="VHQ") for sound in sounds]
    assert moved(encoder, sounds, stored, rate_hz) < 1e-3


def test_each_band_has_a_mean_of_zero() -> None:
    """Whatever the spectrum of the sound."""
    noise = torch.randn(2, 8000, generator=torch.Generator().manual_seed(0)).cumsum(-1)
    bands = EqualisedBands(Architecture())(noise)
    assert bands.shape == (2, 247, 40)
    assert bands.mean(1).abs().max() < 1e-4


def test_bands_lie_where_they_should() -> None:
    """Centres from 20 Hz, every 12.9 Hz up to 200, then equal ratios; each band sums to one."""
    architecture = Architecture()
    corners = band_corners_hz(architecture)
    assert len(corners) == 42
    np.testing.assert_allclose(corners[[1, 2, 15]], [20.0, 32.857, 200.0], atol=0.001)
    assert 700 < corners[40] < corners[41] <= 800
    weights = band_weights(architecture)
    assert weights.shape == (129, 40)
    torch.testing.assert_close(weights.sum(0), torch.ones(40))


def test_a_rhythm_is_heard_in_its_range() -> None:
    """Bands that vary 1.5 times a second stand out between 1 and 2 Hz."""
    seconds = torch.arange(500) / 62.5
    bands = torch.sin(2 * torch.pi * 1.5 * seconds)[None, :, None].expand(1, 500, 40)
    varying = band_statistics(bands, 62.5)[0, : 5 * 40].reshape(len(BANDS_EDGES_HZ) - 1, 40)
    assert varying.argmax(0).tolist() == [1] * 40


def test_mean_and_deviation_by_hand() -> None:
    """Of 1 and 3 these are 2 and 1, but for the floor under the variance."""
    torch.testing.assert_close(
        mean_and_deviation(torch.tensor([[[1.0, 3.0]]])), torch.tensor([[2.0, 1.0]]), atol=1e-4, rtol=0
    )


def test_it_is_small_and_needs_no_transformers() -> None:
    """At most 8 M parameters and 20 MB; loading it does not import transformers."""
    assert sum(path.stat().st_size for path in (SHIPPED / NAME).iterdir()) < 20e6
    code = (
        "import sys; from heartprobe.encoders.load import load_encoder; "
        f"e = load_encoder({NAME!r}); assert 'transformers' not in sys.modules; "
        "print(sum(p.numel() for p in e.module.parameters()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 100_000 < int(done.stdout) < 8_000_000


def test_its_card_names_the_source_of_the_recordings() -> None:
    """The licence of PhysioNet/CinC 2016 asks for it."""
    card = (SHIPPED / NAME / "README.md").read_text(encoding="utf-8")
    assert "Liu C, Springer D, Li Q" in card
    assert "Open Data Commons Attribution License" in card
    assert "heartprobe pretrain" in card


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(SHIPPED / NAME, tmp_path / "copy")


def test_a_copy_is_the_same_encoder(copy: Path, encoder: LoadedEncoder) -> None:
    """By its folder, with the same fingerprint."""
    info = load_encoder(str(copy)).info
    assert (info.source, info.revision) == (str(copy), "local")
    assert info.fingerprint == encoder.info.fingerprint


def test_changed_weights_are_refused(copy: Path) -> None:
    """One byte is enough, and the message names the file."""
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(EncoderError, match=r"copy/model\.safetensors was changed after it was written"):
        load_encoder(str(copy))


def test_missing_weights_are_named(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"copy/model\.safetensors cannot be read: No such file"):
        load_encoder(str(copy))


@pytest.mark.parametrize(
    ("change", "text"),
    [({"width": 10}, "do not fit its config.json"), ({"n_bands": 0}, r"not valid: architecture\.n_bands: ")],
)
def test_a_configuration_that_does_not_fit_is_refused(copy: Path, change: dict[str, int], text: str) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["architecture"] |= change
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError, match=text):
        load_encoder(str(copy))


def test_fine_tuning_is_refused(encoder: LoadedEncoder) -> None:
    """It has no layers to choose from."""
    from heartprobe.config.schema import FineTuningConfig

    with pytest.raises(TrainingError, match="heartprobe-pcg has no transformer layers to choose from"):
        freeze(encoder, FineTuningConfig())
