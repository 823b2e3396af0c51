"""What the settings leave to choose, and what they cannot ask for together."""

from __future__ import annotations

import pytest

from heartprobe.errors import ConfigError
from heartprobe.training.choices import candidate_layers, refuse_contradictions
from separable_sounds import make_config


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("select", [0, 1, 2, "all"]), ("last", [2]), (0, [0]), (2, [2]), ("all", ["all"])],
    ids=["select", "last", "0", "2", "all"],
)
def test_the_layer_setting_names_the_candidates(setting: str | int, expected: list[int | str]) -> None:
    assert candidate_layers(make_config(features__layer=setting), 3) == expected


def test_all_layers_together_are_a_candidate_only_where_they_can_be() -> None:
    """Not of an encoder that has one only, and not for a network."""
    assert candidate_layers(make_config(), 1) == [0]
    assert candidate_layers(make_config(models__head="mlp"), 3) == [0, 1, 2]
    assert candidate_layers(make_config(models__head="select"), 3) == [0, 1, 2]


def test_a_layer_that_the_encoder_has_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"features\.layer is 3, but this encoder has the hidden states 0 to 2"):
        candidate_layers(make_config(features__layer=3), 3)


@pytest.mark.parametrize("head", ["mlp", "select"])
def test_only_linear_heads_can_be_averaged_over_all_layers(head: str) -> None:
    with pytest.raises(ConfigError, match=rf"mean of linear heads, but models\.head is {head}\. Set models\.head=lin"):
        refuse_contradictions(make_config(models__head=head, features__layer="all"))
    refuse_contradictions(make_config(features__layer="all"))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"models__head": "select"}, r"models\.head=select compares heads on a frozen encoder"),
        ({"features__layer": "all"}, r"features\.layer=all does not apply to fine-tuning"),
        ({"features__layer": 1}, r"features\.layer=1 does not apply to fine-tuning"),
    ],
)
def test_what_a_fine_tuning_cannot_do_is_refused(settings: dict[str, object], told: str) -> None:
    """Rather than ignored: the head of a fine-tuned encoder reads the last hidden state."""
    with pytest.raises(ConfigError, match=told):
        refuse_contradictions(make_config(training__freeze_encoder=False, **settings))
    refuse_contradictions(make_config(training__freeze_encoder=False, features__layer="last"))
