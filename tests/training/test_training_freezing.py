"""Which weights of an encoder are trained."""

from __future__ import annotations

import pytest

from heartprobe.config.schema import FineTuningConfig
from heartprobe.encoders.load import load_encoder
from heartprobe.errors import ConfigError, TrainingError
from heartprobe.training.freezing import freeze, trained_layers
from tiny_encoders import TinyEncoder


def parts(names: list[str]) -> set[str]:
    """Return the parts of an encoder that the weights belong to, such as `encoder.layers.1`."""
    return {".".join(name.split(".")[: 3 if "layers" in name else 2]) for name in names}


def test_all_layers_are_trained_and_the_front_end_is_not(tiny_encoder: TinyEncoder) -> None:
    encoder = load_encoder(str(tiny_encoder("wav2vec2-group-norm")))
    names = freeze(encoder, FineTuningConfig())
    assert parts(names) == {"encoder.layers.0", "encoder.layers.1", "encoder.layers.2"}
    assert not any(parameter.requires_grad for parameter in encoder.front_end_parameters())


def test_the_normalisation_above_the_last_layer_is_trained_with_it(tiny_encoder: TinyEncoder) -> None:
    """In pre-norm models it comes last."""
    names = freeze(load_encoder(str(tiny_encoder("wav2vec2-layer-norm"))), FineTuningConfig(top_layers=1))
    assert parts(names) == {"encoder.layers.2", "encoder.layer_norm"}


def test_the_top_layers_alone_are_trained(tiny_encoder: TinyEncoder) -> None:
    encoder = load_encoder(str(tiny_encoder("whisper")))
    settings = FineTuningConfig(top_layers=2)
    names = freeze(encoder, settings)
    assert {".".join(name.split(".")[:2]) for name in names} == {"layers.1", "layers.2", "layer_norm.weight"} | {
        "layer_norm.bias"
    }
    assert trained_layers(encoder, settings) == encoder.layer_modules()[1:]


def test_the_front_end_is_trained_where_that_is_wanted(tiny_encoder: TinyEncoder) -> None:
    """Then every weight is."""
    encoder = load_encoder(str(tiny_encoder("wavlm")))
    names = freeze(encoder, FineTuningConfig(freeze_front_end=False))
    assert len(names) == len(list(encoder.module.parameters()))


def test_more_layers_than_there_are_are_refused(tiny_encoder: TinyEncoder) -> None:
    with pytest.raises(ConfigError, match=r"top_layers is 4, but .* has 3 transformer layers"):
        freeze(load_encoder(str(tiny_encoder("wavlm"))), FineTuningConfig(top_layers=4))


def test_an_encoder_without_weights_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"logmel has no weights to train\. Use it with --freeze-encoder"):
        freeze(load_encoder("logmel"), FineTuningConfig())
