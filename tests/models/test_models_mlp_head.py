"""The original's networks as heads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from heartprobe.models import HeadNetwork, MlpHead, Standardiser
from heartprobe.models.networks import Task


def make_head(task: Task, width: int = 10) -> MlpHead:
    """Return a head with random weights and statistics, in evaluation mode."""
    rng = np.random.default_rng(3)
    labels = ("N",) if task == "binary" else ("N", "AS", "AR")
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = HeadNetwork(width, len(labels), task, 0.5)
        for module in network.classifier:
            if isinstance(module, torch.nn.BatchNorm1d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
    return MlpHead(labels, Standardiser(rng.normal(size=width), rng.uniform(0.5, 2, size=width)), network.eval())


@pytest.mark.parametrize("task", ["binary", "multi-label"])
def test_a_row_does_not_depend_on_its_company(task: Task, rng: np.random.Generator) -> None:
    """Alone or among many, a window has the same probability to the last bit."""
    head = make_head(task)
    features = rng.normal(size=(150, 10)).astype(np.float32)
    together = head.probabilities(features)
    assert all((head.probabilities(features[i : i + 1])[0] == together[i]).all() for i in (0, 64, 149))


@pytest.mark.parametrize("task", ["binary", "multi-label"])
def test_dropout_is_off_when_predicting(task: Task, rng: np.random.Generator) -> None:
    """Even if somebody left the network in training mode."""
    head = make_head(task)
    features = rng.normal(size=(9, 10)).astype(np.float32)
    before = head.probabilities(features)
    head.network.train()
    assert (head.probabilities(features) == before).all()


@pytest.mark.parametrize("task", ["binary", "multi-label"])
def test_the_state_dict_for_raw_features_needs_no_standardisation(task: Task, rng: np.random.Generator) -> None:
    """The network alone, as the original project has it, computes what the head does."""
    head = make_head(task)
    features = rng.normal(size=(9, 10)).astype(np.float32)
    network = HeadNetwork(10, len(head.labels), task, 0.3).eval()
    network.load_state_dict(head.state_dict_for_raw_features())
    alone = torch.sigmoid(network.logits(torch.from_numpy(features))).detach().numpy()
    assert np.allclose(alone, head.probabilities(features), atol=1e-5)


def test_no_rows_give_no_probabilities() -> None:
    assert make_head("multi-label").probabilities(np.empty((0, 10), dtype=np.float32)).shape == (0, 3)
