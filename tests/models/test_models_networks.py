"""The original project's two networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from heartprobe.models import HeadNetwork

BINARY = [
    *("Dropout(p=0.3, inplace=False)", "Linear(768, 260)", "ReLU()"),
    *("Dropout(p=0.3, inplace=False)", "Linear(260, 64)", "ReLU()"),
    *("Dropout(p=0.3, inplace=False)", "Linear(64, 2)"),
]
MULTI_LABEL = [
    *("Dropout(p=0.3, inplace=False)", "Linear(768, 512)", "BatchNorm1d(512)", "ReLU()"),
    *("Dropout(p=0.3, inplace=False)", "Linear(512, 256)", "BatchNorm1d(256)", "ReLU()"),
    *("Dropout(p=0.3, inplace=False)", "Linear(256, 128)", "BatchNorm1d(128)", "ReLU()"),
    *("Dropout(p=0.3, inplace=False)", "Linear(128, 5)"),
]


def layers(network: HeadNetwork) -> list[str]:
    """Describe the layers in a form that the lists above can spell."""
    described = []
    for module in network.classifier:
        if isinstance(module, nn.Linear):
            described.append(f"Linear({module.in_features}, {module.out_features})")
        elif isinstance(module, nn.BatchNorm1d):
            described.append(f"BatchNorm1d({module.num_features})")
        else:
            described.append(str(module))
    return described


def test_the_binary_network_is_the_original_one() -> None:
    assert layers(HeadNetwork(768, 1, "binary", 0.3)) == BINARY


def test_the_multi_label_network_is_the_original_one() -> None:
    assert layers(HeadNetwork(768, 5, "multi-label", 0.3)) == MULTI_LABEL


def test_weights_have_the_names_of_the_original_state_dict() -> None:
    """So that a state dict written here can be loaded there, and the other way round."""
    assert list(HeadNetwork(8, 1, "binary", 0.3).state_dict()) == [
        f"classifier.{i}.{name}" for i in (1, 4, 7) for name in ("weight", "bias")
    ]


def test_weights_start_from_xavier_and_biases_from_zero() -> None:
    """Uniform within sqrt(6 / (inputs + outputs)), and filling that range."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        linear = HeadNetwork(768, 5, "multi-label", 0.3).classifier[1].requires_grad_(False)
    limit = (6 / (768 + 512)) ** 0.5
    assert 0.99 * limit < linear.weight.abs().max() <= limit
    assert float(linear.weight.std()) == pytest.approx(limit / 3**0.5, rel=0.01)
    assert not linear.bias.any()


def test_the_sigmoid_of_a_binary_logit_is_the_softmax_of_class_one() -> None:
    """Class 1 is normal, as in the original."""
    network = HeadNetwork(8, 1, "binary", 0.3).eval()
    features = torch.linspace(-1, 1, 24).reshape(3, 8)
    softmax = network(features).softmax(dim=1)[:, 1:]
    assert network.logits(features).shape == (3, 1)
    assert torch.allclose(torch.sigmoid(network.logits(features)), softmax, atol=1e-6)
