import pytest
import torch
from torch import nn

from heartprobe.encoders.onednn_linear import IS_AVAILABLE, OneDnnLinear, use_onednn


@pytest.fixture
def plain() -> nn.Linear:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Linear(96, 64)


@pytest.fixture
def fast(plain: nn.Linear) -> OneDnnLinear:
    layer = OneDnnLinear(96, 64)
    layer.load_state_dict(plain.state_dict())
    return layer


needs_onednn = pytest.mark.skipif(not IS_AVAILABLE, reason="torch has no oneDNN here")


@needs_onednn
@pytest.mark.parametrize("shape", [(1, 96), (7, 96), (2, 249, 96)])
def test_it_equals_a_plain_linear_layer(plain: nn.Linear, fast: OneDnnLinear, shape: tuple[int, ...]) -> None:
    """To rounding, for two and three dimensions, with and without bias."""
    values = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(fast(values), plain(values), atol=2e-6, rtol=1e-5)
        plain.bias = fast.bias = None
        torch.testing.assert_close(fast(values), plain(values), atol=2e-6, rtol=1e-5)


@needs_onednn
def test_it_follows_its_weights(fast: OneDnnLinear) -> None:
    """Nothing is kept from one call to the next: a trained layer gives trained results."""
    values = torch.ones(1, 96)
    with torch.no_grad():
        before = fast(values)
        fast.weight.add_(1.0)
        torch.testing.assert_close(fast(values), before + 96.0, atol=1e-4, rtol=0)


@needs_onednn
def test_gradients_flow_as_usual(fast: OneDnnLinear) -> None:
    """In training it is the plain layer."""
    fast(torch.ones(1, 96)).sum().backward()
    assert fast.weight.grad is not None
    torch.testing.assert_close(fast.weight.grad, torch.ones(64, 96))


@needs_onednn
def test_autocast_and_other_types_are_left_alone(fast: OneDnnLinear) -> None:
    """bf16 stays bf16."""
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert fast(torch.ones(1, 96)).dtype == torch.bfloat16
    with torch.inference_mode():
        assert fast.double()(torch.ones(1, 96, dtype=torch.float64)).dtype == torch.float64


@needs_onednn
def test_names_and_parameters_stay() -> None:
    """A module keeps its state dict, and layers that are more than linear are not touched."""

    class Own(nn.Linear):
        pass

    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), Own(4, 5))
    parameters = dict(module.named_parameters())
    use_onednn(module)
    assert [type(layer) for layer in module] == [OneDnnLinear, nn.ReLU, Own]
    assert all(parameter is parameters[name] for name, parameter in module.named_parameters())
