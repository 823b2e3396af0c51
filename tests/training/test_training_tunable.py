"""Encoder and head as one module."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.loaded import LoadedEncoder
from heartprobe.features.pooling import pool
from heartprobe.models import Head, HeadNetwork, LinearHead, MlpHead, Standardiser
from heartprobe.training.tunable import TunableClassifier, mean_and_deviation
from tiny_encoders import TinyEncoder

WIDTH = 64
LABELS = ("N", "AS")


@pytest.fixture
def encoder(tiny_encoder: TinyEncoder) -> LoadedEncoder:
    return load_encoder(str(tiny_encoder("wav2vec2-group-norm")))


def make_head(kind: str) -> Head:
    rng = np.random.default_rng(0)
    standardiser = Standardiser(rng.normal(size=WIDTH), rng.uniform(0.5, 2, size=WIDTH))
    if kind == "linear":
        return LinearHead(LABELS, standardiser, rng.normal(size=(2, WIDTH)), rng.normal(size=2))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = HeadNetwork(WIDTH, 2, "multi-label", 0.0).eval()
    return MlpHead(LABELS, standardiser, network)


def batch(n: int = 3) -> dict[str, Tensor]:
    samples = torch.from_numpy(np.random.default_rng(1).normal(size=(n, 4000)).astype(np.float32))
    return {
        "samples": samples,
        "demographics": torch.zeros(n, 0),
        "labels": torch.tensor([[1.0, 0.0]]).repeat(n, 1),
        "weights": torch.ones(n, 2),
    }


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_it_computes_what_encoder_pooling_and_head_compute(encoder: LoadedEncoder, kind: str) -> None:
    """So that a model behaves after training as it did in it."""
    head, inputs = make_head(kind), batch()
    with torch.inference_mode():
        features = pool(encoder.encode(inputs["samples"]), ("mean", "std"))[-1].numpy()
        logits = TunableClassifier(encoder, head, [], 0.0).eval()(**inputs)["logits"]
    assert np.allclose(torch.sigmoid(logits).numpy(), head.probabilities(features), atol=1e-5)


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_the_head_that_is_taken_out_is_the_one_that_was_put_in(encoder: LoadedEncoder, kind: str) -> None:
    head = make_head(kind)
    features = np.random.default_rng(2).normal(size=(5, WIDTH)).astype(np.float32)
    taken = TunableClassifier(encoder, head, [], 0.3).head()
    assert (taken.kind, taken.labels) == (kind, LABELS)
    assert np.allclose(taken.probabilities(features), head.probabilities(features), atol=1e-6)


def test_only_what_is_trained_is_put_into_training_mode(encoder: LoadedEncoder) -> None:
    """A frozen layer in training mode would drop values at random."""
    layers: list[nn.Module] = encoder.layer_modules()
    model = TunableClassifier(encoder, make_head("mlp"), layers[2:], 0.3).train()
    assert model.training
    assert model.network.training
    assert [layer.training for layer in layers] == [False, False, True]
    assert not encoder.module.training
    assert not any(module.training for module in model.eval().modules())


def test_an_mlp_head_gets_its_dropout_back(encoder: LoadedEncoder) -> None:
    """A head that was fitted or loaded has none."""
    model = TunableClassifier(encoder, make_head("mlp"), [], 0.3)
    assert {module.p for module in model.network.modules() if isinstance(module, nn.Dropout)} == {0.3}


def test_a_feature_that_does_not_change_over_time_has_a_finite_gradient() -> None:
    """The derivative of a square root at zero is infinite."""
    hidden = torch.ones(2, 5, 3, requires_grad=True)
    mean_and_deviation(hidden).sum().backward()
    assert hidden.grad is not None
    assert torch.isfinite(hidden.grad).all()


def test_pooling_is_that_of_the_features() -> None:
    """For ordinary and for constant values."""
    hidden = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(0))
    hidden[:, :, 1] = 0.25
    assert torch.allclose(mean_and_deviation(hidden), pool(hidden[None], ("mean", "std"))[0], atol=1e-7)


def test_demographics_stand_behind_the_pooled_frames(encoder: LoadedEncoder) -> None:
    """Their coefficient adds to the log odds, standardised like the others."""
    coefficients = np.zeros((2, WIDTH + 1))
    coefficients[0, -1] = 3.0
    standardiser = Standardiser(np.append(np.zeros(WIDTH), 1.0), np.append(np.ones(WIDTH), 2.0))
    model = TunableClassifier(encoder, LinearHead(LABELS, standardiser, coefficients, np.zeros(2)), [], 0.0).eval()
    logits = model(**{**batch(1), "demographics": torch.tensor([[5.0]])})["logits"]
    assert logits.tolist() == [[6.0, 0.0]]
