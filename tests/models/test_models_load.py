"""Heads come back from settings and tensors, or say why not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from heartprobe.errors import BundleError
from heartprobe.models import LinearHead, Standardiser, load_head

HEAD = LinearHead(("N",), Standardiser(np.zeros(3), np.ones(3)), np.ones((1, 3)), np.zeros(1))


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(BundleError, match=r"no head of the kind 'lineal'.*linear, mlp.*Did you mean 'linear'"):
        load_head({"kind": "lineal"}, {})


def test_a_missing_tensor_is_named() -> None:
    tensors = {name: tensor for name, tensor in HEAD.tensors().items() if name != "intercepts"}
    with pytest.raises(BundleError, match=r"linear head do not fit its settings \('intercepts'\)"):
        load_head(HEAD.settings(), tensors)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("coefficients", (2, 3)), ("coefficients", (1, 4)), ("intercepts", (2,)), ("standardise.scale", (4,))],
)
def test_a_tensor_of_another_shape_is_refused(name: str, shape: tuple[int, ...]) -> None:
    """Numpy would stretch some of them silently."""
    with pytest.raises(BundleError, match="do not fit its settings"):
        load_head(HEAD.settings(), {**HEAD.tensors(), name: torch.ones(shape)})


def test_a_network_with_other_layers_is_refused() -> None:
    settings = {"kind": "mlp", "labels": ["N"], "task": "binary", "width": 3}
    with pytest.raises(BundleError, match="mlp head do not fit its settings"):
        load_head(settings, {**HEAD.tensors(), "network.classifier.1.weight": torch.ones(260, 4)})
