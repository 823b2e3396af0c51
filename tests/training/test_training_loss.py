"""The loss of all networks."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from heartprobe.models import HeadNetwork
from heartprobe.training.loss import weighted_cross_entropy

NAN = float("nan")


def test_it_is_the_weighted_mean_of_the_cross_entropies() -> None:
    """At log odds of 0 every loss is log 2, at log 3 it is -log 0.75 or -log 0.25."""
    logits = torch.tensor([[0.0], [1.0986123], [1.0986123]])
    loss = weighted_cross_entropy(logits, torch.tensor([[1.0], [1.0], [0.0]]), torch.tensor([[2.0], [1.0], [1.0]]))
    assert loss.item() == pytest.approx((2 * 0.6931472 + 0.2876821 + 1.3862944) / 4)


def test_unknown_targets_change_neither_the_loss_nor_the_gradient() -> None:
    """Not even with log odds that are no number."""
    logits = torch.tensor([[0.5, NAN], [0.2, -1.0]], requires_grad=True)
    weights = torch.tensor([[1.0, 0.0], [0.0, 3.0]])
    loss = weighted_cross_entropy(logits, torch.tensor([[1.0, NAN], [NAN, 0.0]]), weights)
    loss.backward()
    expected = (-torch.tensor(0.5).sigmoid().log() - 3 * torch.tensor(1.0).sigmoid().log()) / 4
    assert loss.item() == pytest.approx(expected.item())
    assert logits.grad is not None
    assert (logits.grad != 0).tolist() == [[True, False], [False, True]]


def test_a_batch_of_which_nothing_is_known_has_no_loss() -> None:
    logits = torch.tensor([[0.5]], requires_grad=True)
    loss = weighted_cross_entropy(logits, torch.tensor([[NAN]]), torch.zeros(1, 1))
    loss.backward()
    assert loss.item() == 0.0


def test_for_the_binary_network_it_is_the_originals_cross_entropy_with_class_weights() -> None:
    """Two outputs, a softmax and one weight per class."""
    network = HeadNetwork(4, 1, "binary", 0.0)
    features, targets = torch.linspace(-2, 2, 24).reshape(6, 4), torch.tensor([0, 1, 1, 0, 0, 0])
    class_weights = torch.tensor([0.75, 1.5])
    theirs = cross_entropy(network(features), targets, weight=class_weights)
    ours = weighted_cross_entropy(network.logits(features), targets[:, None].float(), class_weights[targets][:, None])
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
