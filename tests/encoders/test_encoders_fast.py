"""The fast ways of inference on the CPU equal the plain ones. What they are compared with is transformers itself."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from heartprobe.encoders import fast_convolutions, onednn_linear
from heartprobe.encoders.load import load_encoder
from tiny_encoders import TINY_ENCODERS, TinyEncoder, build_tiny_model

pytestmark = pytest.mark.skipif(not onednn_linear.IS_AVAILABLE, reason="torch has no oneDNN here")

RAW_WAVEFORM_KINDS = [kind for kind in TINY_ENCODERS if kind != "whisper"]


@pytest.fixture
def windows() -> torch.Tensor:
    """Two windows, one of them loud and far off zero."""
    noise = torch.randn(2, 4000, generator=torch.Generator().manual_seed(1))
    return torch.stack([noise[0], 20 * noise[1] + 7])


@pytest.fixture
def count_fast_calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the fast convolutions were used: so that a test cannot pass by taking the plain way."""
    calls = []
    convolve = fast_convolutions.convolve
    monkeypatch.setattr(fast_convolutions, "convolve", lambda *args: calls.append(1) or convolve(*args))
    return lambda: len(calls)


@pytest.mark.parametrize("kind", RAW_WAVEFORM_KINDS)
def test_fast_hidden_states_equal_plain_ones(
    kind: str,
    tiny_encoder: TinyEncoder,
    windows: torch.Tensor,
    count_fast_calls: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All layers of all architectures, in fp32 without gradients; with gradients the plain way is taken."""
    encoder = load_encoder(str(tiny_encoder(kind)))
    with torch.inference_mode():
        fast = encoder.encode(windows)
    assert count_fast_calls() == 1
    with_gradients = encoder.encode(windows).detach()
    monkeypatch.setattr(onednn_linear, "IS_AVAILABLE", False)
    with torch.inference_mode():
        plain = encoder.encode(windows)
    assert count_fast_calls() == 1
    torch.testing.assert_close(with_gradients, plain, atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(fast, plain, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", ["wav2vec2-group-norm", "wav2vec2-layer-norm", "data2vec-audio"])
def test_convolutions_equal_those_of_transformers(kind: str, windows: torch.Tensor) -> None:
    """Normalised over time, over channels with a bias, over channels without one."""
    extractor = build_tiny_model(kind).feature_extractor
    with torch.inference_mode():
        expected = extractor(windows).transpose(1, 2)
        torch.testing.assert_close(
            fast_convolutions.convolve(extractor.conv_layers, windows), expected, atol=1e-5, rtol=1e-5
        )


@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (2, 2), (10, 5), (7, 3), (1, 1), (3, 1), (2, 4)])
@pytest.mark.parametrize("steps", [20, 21, 22, 23])
@pytest.mark.parametrize("bias", [True, False])
def test_strided_convolution_equals_torch(kernel: int, stride: int, steps: int, *, bias: bool) -> None:
    """Kernels shorter, longer and as long as the stride, whatever is left over at the end."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        convolution = nn.Conv1d(4, 6, kernel, stride, bias=bias)
        values = torch.randn(3, steps, 4)
    with torch.inference_mode():
        expected = convolution(values.transpose(1, 2)).transpose(1, 2)
        torch.testing.assert_close(fast_convolutions.strided_convolution(values, convolution), expected)


def test_strided_convolution_by_hand() -> None:
    """Kernel (1, 10, 100) with stride 2 over 1, 2, 3, 4, 5: 1 + 20 + 300 and 3 + 40 + 500."""
    convolution = nn.Conv1d(1, 1, 3, 2, bias=False)
    with torch.inference_mode():
        convolution.weight.copy_(torch.tensor([[[1.0, 10.0, 100.0]]]))
        values = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])[None, :, None]
        assert fast_convolutions.strided_convolution(values, convolution).flatten().tolist() == [321.0, 543.0]


@pytest.mark.parametrize("kind", ["wav2vec2-group-norm", "data2vec-audio"])
def test_positions_equal_those_of_transformers(kind: str) -> None:
    """One normalised convolution, or several layers (which are left to transformers)."""
    embedding = build_tiny_model(kind).encoder.pos_conv_embed
    hidden = torch.randn(2, 50, 32, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        torch.testing.assert_close(
            fast_convolutions.positions(embedding, hidden), embedding(hidden), atol=1e-5, rtol=1e-5
        )


def test_positions_with_batch_norm_are_left_to_transformers() -> None:
    """A variant of HuBERT."""
    from transformers import HubertConfig, HubertModel

    settings: dict[str, Any] = TINY_ENCODERS["hubert"][1]
    embedding = HubertModel(HubertConfig(**settings, conv_pos_batch_norm=True)).eval().encoder.pos_conv_embed
    hidden = torch.ones(1, 50, 32)
    with torch.inference_mode():
        assert torch.equal(fast_convolutions.positions(embedding, hidden), embedding(hidden))


def test_attention_of_wavlm_equals_that_of_transformers(tiny_encoder: TinyEncoder) -> None:
    """The first layer makes the position bias, the second uses it."""
    model = build_tiny_model("wavlm")
    layers = load_encoder(str(tiny_encoder("wavlm"))).layer_modules()
    hidden = torch.randn(2, 50, 32, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        expected, _, bias = model.encoder.layers[0].attention(hidden)
        mine, _, my_bias = layers[0].attention(hidden)
        torch.testing.assert_close(mine, expected, atol=1e-5, rtol=1e-5)
        expected, _, _ = model.encoder.layers[1].attention(hidden, position_bias=bias)
        mine, _, _ = layers[1].attention(hidden, position_bias=my_bias)
        torch.testing.assert_close(mine, expected, atol=1e-5, rtol=1e-5)
