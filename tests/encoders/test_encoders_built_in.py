import subprocess
import sys

import pytest
import torch

from heartprobe.encoders.built_in import BUILT_IN
from heartprobe.encoders.load import load_encoder


@pytest.mark.parametrize(("name", "width"), [("logmel", 230), ("modulation", 115), ("percentiles", 115)])
def test_they_hear_heart_sounds_at_their_own_rate(name: str, width: int) -> None:
    """4 kHz, one pooled frame, one layer, 1 s or more."""
    info = load_encoder(name).info
    assert (info.name, info.source, info.revision) == (name, name, "2")
    assert (info.rate_hz, info.n_layers, info.width) == (4000, 1, width)
    assert (info.min_samples, info.max_samples) == (4000, None)
    assert info.hears_heart_rate_sound
    assert info.is_pooled


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("sound", [torch.zeros(1, 4000), torch.ones(1, 20_000), 1e-6 * torch.eye(1, 4000)])
def test_the_dullest_sounds_have_finite_features(name: str, sound: torch.Tensor) -> None:
    """Silence, an offset, one tiny click."""
    assert load_encoder(name).encode(sound).isfinite().all()


def test_no_weight_free_encoder_imports_transformers() -> None:
    """Loading `logmel` takes no seconds: neither transformers nor the hub's client is imported."""
    code = (
        "import sys\n"
        "from heartprobe.encoders.load import load_encoder\n"
        "load_encoder('logmel')\n"
        "print([name for name in ('transformers', 'huggingface_hub') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_fingerprints_are_their_own() -> None:
    """The encoders never share stored features."""
    assert len({load_encoder(name).info.fingerprint for name in BUILT_IN}) == len(BUILT_IN)
