from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from counting_encoder import FRONT_END, INFO, RECIPE

from heartprobe.audio import Audio
from heartprobe.features.recipe import Recipe
from heartprobe.signal.front_end import FrontEnd

OTHER_FRONT_END: dict[str, Any] = {
    "rate_hz": 8000,
    "time_scale": 2.0,
    "duration_s": 1.5,
    "windows": "centre",
    "normalise": "peak",
    "bandpass_hz": (25.0, 400.0),
    "remove_spikes": True,
    "equalise": True,
}
OTHER_RECIPE: dict[str, Any] = {
    "front_end": dataclasses.replace(FRONT_END, duration_s=2.0),
    "encoder": "f" * 64,
    "precision": "bf16",
    "statistics": ("mean",),
    "version": RECIPE.version + 1,
}


def test_every_field_is_tried_below() -> None:
    """A new field of the recipe or the front end needs its line above."""
    assert OTHER_FRONT_END.keys() == {field.name for field in dataclasses.fields(FrontEnd)}
    assert OTHER_RECIPE.keys() == {field.name for field in dataclasses.fields(Recipe)}


@pytest.mark.parametrize("name", OTHER_FRONT_END)
def test_every_setting_of_the_front_end_changes_the_digest(name: str) -> None:
    front_end = dataclasses.replace(FRONT_END, **{name: OTHER_FRONT_END[name]})
    assert dataclasses.replace(RECIPE, front_end=front_end).digest() != RECIPE.digest()


@pytest.mark.parametrize("name", OTHER_RECIPE)
def test_every_field_of_the_recipe_changes_the_digest(name: str) -> None:
    assert dataclasses.replace(RECIPE, **{name: OTHER_RECIPE[name]}).digest() != RECIPE.digest()


def test_name_and_place_of_the_encoder_do_not_change_the_digest() -> None:
    """The same weights under another name give the same features."""
    moved = dataclasses.replace(INFO, name="copy", source="/elsewhere/copy", revision="abc")
    assert Recipe.of(FRONT_END, moved, "fp32").digest() == RECIPE.digest()


def test_equal_numbers_give_equal_digests() -> None:
    """A recipe that went through JSON or was written with whole numbers is the same recipe."""
    through_json = json.loads(json.dumps(RECIPE.as_dict()))
    again = Recipe(FrontEnd(**through_json["front_end"]), **{k: v for k, v in through_json.items() if k != "front_end"})
    whole = dataclasses.replace(RECIPE, front_end=dataclasses.replace(FRONT_END, duration_s=1, time_scale=1))
    assert again.digest() == whole.digest() == RECIPE.digest()


def test_pooled_encoders_have_a_mean_only() -> None:
    assert Recipe.of(FRONT_END, dataclasses.replace(INFO, is_pooled=True), "fp32").statistics == ("mean",)
    assert RECIPE.statistics == ("mean", "std")


def test_windows_are_what_they_were_when_the_version_was_set() -> None:
    """If this fails, a change to heartprobe.signal altered numbers: raise `VERSION` in recipe.py, then renew these."""
    time_s = np.arange(3 * 4000) / 4000
    sound = np.sin(2 * np.pi * 60 * time_s) * (1 + 0.5 * np.sin(2 * np.pi * 1.2 * time_s))
    sound[6000:6040] += 20  # a spike to remove
    front_end = FrontEnd(
        rate_hz=16000,
        time_scale=8.0,
        duration_s=2.0,
        windows="all",
        normalise="standard",
        bandpass_hz=(25.0, 400.0),
        remove_spikes=True,
    )
    windows = front_end.cut(Audio(samples=sound.astype(np.float32), rate_hz=4000))
    assert RECIPE.version == 1
    assert windows.starts_s.tolist() == [0.0, 1.0]
    expected = [[0.923318, 1.798458, 1.812912, -1.612297], [1.812912, 1.199001, 1.563965, -0.658223]]
    np.testing.assert_allclose(windows.samples[:, [10, 510, 2010, 3990]], expected, rtol=1e-4)
