"""Benchmark files: what they say, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heartprobe.benchmark.specification import merged, read_specification
from heartprobe.errors import ConfigError

SMALLEST = '[tasks.home]\nsets = ["bmd-hs"]\n'


def write(folder: Path, text: str, name: str = "file.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    toml = write(tmp_path, SMALLEST + '[[entries]]\nname = "a"\nencoder = "logmel"\nconfig.audio.duration = 20\n')
    values = {
        "tasks": {"home": {"sets": ["bmd-hs"]}},
        "entries": [{"name": "a", "encoder": "logmel", "config": {"audio": {"duration": 20}}}],
    }
    other = write(tmp_path, json.dumps(values), "file.json")
    assert read_specification(toml) == read_specification(other)
    assert read_specification(toml).entries[0].config == {"audio": {"duration": 20}}
    assert (read_specification(toml).sort_by, read_specification(toml).baseline) == ("auroc", None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('base_line = "a"\n' + SMALLEST, "there is no key 'base_line'. Did you mean 'baseline'?"),
        (SMALLEST + "site_group = 3\n", "there is no key 'tasks.home.site_group'. Did you mean 'site_groups'?"),
        (
            SMALLEST + '[[entries]]\nname = "a"\nencodr = "logmel"\n',
            "there is no key 'entries.0.encodr'. Did you mean 'encoder'?",
        ),
        (SMALLEST + '[grid]\nencoder = ["logmel"]\n', "there is no key 'grid.encoder'. Did you mean 'encoders'?"),
        (SMALLEST + "[audio]\nduration = 20\n", "Settings of the experiment stand below config: [config.audio]."),
        ('baseline = "a"\n', "tasks is missing."),
        ("[tasks.home]\nsets = []\n", "tasks.home.sets is []"),
        ('sort_by = "accuracy"\n' + SMALLEST, 'sort_by is "accuracy"'),
        ("tasks = 3 = 4", "is not valid TOML"),
    ],
)
def test_refused_with_a_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_specification(path)
    assert sentence in str(error.value)
    assert str(path) in str(error.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no benchmark file .*nowhere\.toml"):
        read_specification(tmp_path / "nowhere.toml")


def test_the_last_layer_of_settings_is_on_top_and_none_is_changed() -> None:
    below = {"audio": {"duration": 5, "windows": "all"}, "models": {"head": "linear"}}
    above = {"audio": {"duration": 20}}
    assert merged(below, above) == {"audio": {"duration": 20, "windows": "all"}, "models": {"head": "linear"}}
    assert below["audio"] == {"duration": 5, "windows": "all"}
    merged(below)["audio"]["duration"] = 1
    assert below["audio"] == {"duration": 5, "windows": "all"}
