"""Configuration files, overrides, and what is said when they are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heartprobe.config.load import load_config, setting_names
from heartprobe.config.schema import Config
from heartprobe.errors import ConfigError

# The configuration file of the original project, key for key.
ORIGINAL = {
    "dataset": {
        "disease_classes": ["N", "AS", "AR", "MR", "MS"],
        "normal_class": "N",
        "train_csv": "train.csv",
        "metadata_csv": "additional_metadata.csv",
        "recording_columns": [f"recording_{i}" for i in range(1, 9)],
        "dataset_folder": "dataset",
        "repo_url": "https://github.com/sani002/BMD-HS-Dataset",
    },
    "audio": {"sample_rate": 16000, "duration": 5.0, "target_channels": 1},
    "demographics": {"encoding": {"M": 1, "F": 0, "U": 1, "R": 0}},
    "training": {
        "batch_size": 16,
        "epochs": 200,
        "learning_rate": 0.001,
        "test_ratio": 0.2,
        "random_seed": 42,
        "freeze_encoder": True,
        "multi_label": False,
        "early_stopping": {"patience": 25, "min_delta": 0.0001},
        "scheduler": {"mode": "max", "patience": 15, "factor": 0.5},
        "gradient_clipping": {"max_norm": 1.0},
        "weight_decay": 1e-3,
        "dropout_rate": 0.3,
    },
    "models": {
        "available_models": [
            "facebook/wav2vec2-base",
            "facebook/wav2vec2-large",
            "facebook/wav2vec2-large-960h",
            "microsoft/wavlm-base-plus",
        ],
        "default_model": "facebook/wav2vec2-base",
        "save_directory": "models",
    },
    "data_loading": {"num_workers": 2, "pin_memory": True, "shuffle_train": True, "shuffle_val": False},
    "logging": {"print_frequency": 20, "early_epochs_print": 10},
}


# Keys whose name stands nowhere in the code, and why.
USED_OTHERWISE = {
    ".target_channels": "one value is all there is; the original's file has the key",
    ".shuffle_val": "the order of validation changes no result; the original's file has the key",
    ".factor": "passed to torch with its section",
}


def written(folder: Path, values: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(values))
    return path


def test_original_file_is_read_as_it_is(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, ORIGINAL))
    assert config.audio.sample_rate == 16000
    assert config.training.early_stopping.patience == 25
    assert config.demographics.encoding == {"M": 1, "F": 0, "U": 1, "R": 0}


def test_toml_and_json_mean_the_same(tmp_path: Path) -> None:
    toml = tmp_path / "config.toml"
    toml.write_text("[audio]\nduration = 20\n[training]\nlearning_rate = 1e-4\nmulti_label = true\n")
    as_json = written(tmp_path, {"audio": {"duration": 20}, "training": {"learning_rate": 1e-4, "multi_label": True}})
    assert load_config(toml) == load_config(as_json)


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, {"audio": {"duration": 5}})
    config = load_config(path, ["audio.duration=20", "evaluation.protocol=cv", 'dataset.demographics=["age"]'])
    assert config.audio.duration == 20
    assert config.evaluation.protocol == "cv"
    assert config.dataset.demographics == ("age",)


def test_small_numbers_in_exponent_form_are_numbers() -> None:
    assert load_config(overrides=["training.learning_rate=1e-4"]).training.learning_rate == 1e-4


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("audio.duratoin=5", "there is no setting 'audio.duratoin'. Did you mean 'audio.duration'?"),
        ("audoi.duration=5", "there is no setting 'audoi'. Did you mean 'audio'?"),
        ("training.early_stoping.patience=3", "Did you mean 'training.early_stopping'?"),
        ("training.protocol=cv", "Did you mean 'evaluation.protocol'?"),
        ("audio.duration=-1", "audio.duration is -1: input should be greater than 0."),
        ("audio.duration=long", 'audio.duration is "long": input should be a valid number'),
        ("training.multi_label=yes", 'training.multi_label is "yes": input should be a valid boolean'),
        ("evaluation.protocol=crossval", "evaluation.protocol is \"crossval\": input should be 'holdout', 'cv'"),
        ("audio.time_scale=[]", "audio.time_scale is []"),
        ("features.layer=-1", "features.layer is -1"),
        ("audio.bandpass_hz=[400,25]", "bandpass_hz: the corners must satisfy 0 < low < high"),
        ("dataset.normal_class=AS", "the normal class is called 'N' and must be among them"),
        ('dataset.disease_classes=["AS"]', "the normal class is called 'N' and must be among them"),
        ('dataset.disease_classes=["N","AS","AS"]', "dataset.disease_classes names a class twice: N, AS, AS"),
        ("duration=5", "--set 'duration=5' is not of the form section.key=value"),
        ("audio.duration", "--set 'audio.duration' is not of the form section.key=value"),
    ],
)
def test_wrong_settings_get_one_helpful_sentence(override: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(overrides=[override])
    assert text in str(caught.value)


def test_several_wrong_settings_get_a_line_each() -> None:
    """A setting that may be a word or a number is one of them, with both of its reasons."""
    with pytest.raises(ConfigError) as caught:
        load_config(overrides=["audio.duration=-1", "features.layer=-1", "audio.windws=all"])
    first, *lines = str(caught.value).splitlines()
    assert first == "In the given settings: 3 settings are wrong:"
    assert lines[0] == "  audio.duration is -1: input should be greater than 0."
    assert lines[1] == "  there is no setting 'audio.windws'. Did you mean 'audio.windows'?"
    assert lines[2].startswith("  features.layer is -1: input should be 'select', 'last' or 'all'; or ")
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("absent.json", None, "There is no configuration file"),
        ("broken.json", "{", "is not valid JSON"),
        ("broken.toml", "[audio", "is not valid TOML"),
        ("list.json", "[1]", "holds a list; a configuration is an object of sections"),
    ],
)
def test_unreadable_files_are_named(tmp_path: Path, name: str, content: str | None, text: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=name) as caught:
        load_config(path)
    assert text in str(caught.value)


def test_an_encoder_is_not_trained_on_windows_of_different_lengths() -> None:
    """Whole recordings are for frozen encoders."""
    assert load_config(overrides=["audio.windows=whole"]).audio.windows == "whole"
    with pytest.raises(ConfigError, match=r"audio\.windows is whole, but training\.freeze_encoder is false"):
        load_config(overrides=["audio.windows=whole", "training.freeze_encoder=false"])


def test_labels_follow_the_task() -> None:
    assert Config().labels == ("N",)
    assert load_config(overrides=["training.multi_label=true"]).labels == ("N", "AS", "AR", "MR", "MS")


def test_every_setting_has_a_meaning() -> None:
    """A setting without a description could not be documented."""

    def undescribed(section: type, prefix: str) -> list[str]:
        found = []
        for name, info in section.model_fields.items():
            if hasattr(info.annotation, "model_fields"):
                found += undescribed(info.annotation, f"{prefix}{name}.")
            elif not info.description:
                found.append(prefix + name)
        return found

    assert undescribed(Config, "") == []
    assert "training.early_stopping.patience" in set(setting_names())


def test_every_setting_is_used_somewhere() -> None:
    """A setting that no module reads would be a dead option."""
    source = Path(__file__).resolve().parents[2] / "src" / "heartprobe"
    text = "\n".join(path.read_text() for path in source.rglob("*.py") if path.name not in {"schema.py", "load.py"})
    text += "".join(USED_OTHERWISE)
    unused = [name for name in setting_names() if f".{name.rsplit('.', 1)[-1]}" not in text]
    assert unused == []
