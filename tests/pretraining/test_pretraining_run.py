"""A pre-training from recordings to a folder: the same every time, interrupted or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from heartprobe.data.recordings import RecordingSet
from heartprobe.encoders.hub import SHIPPED
from heartprobe.encoders.load import load_encoder
from heartprobe.errors import ConfigError
from heartprobe.pretraining.checkpoints import CHECKPOINT
from heartprobe.pretraining.run import pretrain
from heartprobe.pretraining.settings import MaterialSettings, ObjectiveSettings, PretrainingSettings
from interrupter import Interrupter
from listener import Listener


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_the_folder_is_an_encoder(recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path) -> None:
    """It loads by its place, says how it was made, and leaves nothing unfinished beside it."""
    listener = Listener()
    folder = pretrain(recordings, tmp_path / "mine", settings, progress=listener)
    encoder = load_encoder(str(folder))
    with torch.inference_mode():
        assert encoder.encode(torch.randn(2, 4000)).shape == (1, 2, 1, 430)
    assert encoder.info.width == 430
    made = json.loads((folder / "config.json").read_text())["pretraining"]
    assert made["recordings"] == {"training-a": 4, "training-b": 4, "training-f": 4}
    assert made["schedule"]["steps"] == 6
    assert "12 recordings (training-a: 4, training-b: 4, training-f: 4)" in (folder / "README.md").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert [(task.description, task.total, task.done) for task in listener.tasks] == [
        ("Real recordings", 12, 12),
        ("Synthetic patients", 3, 3),
        ("Pre-training", 6, 6),
    ]


@pytest.mark.parametrize("objectives", [{}, {"clusters": 0.2, "n_clusters": 5, "self_distillation": 0.5}])
def test_an_interrupted_run_gives_the_same_weights(
    objectives: dict[str, Any], recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path
) -> None:
    """Bit for bit, from the last checkpoint; another seed gives others."""
    settings = settings.model_copy(update={"objectives": ObjectiveSettings(**objectives)})
    straight = pretrain(recordings, tmp_path / "straight", settings, progress=Listener())
    broken = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt):
        pretrain(recordings, broken, settings, progress=Interrupter(5))
    assert not broken.exists()
    assert [path.name for path in (tmp_path / "broken.unfinished").iterdir()] == [CHECKPOINT]
    listener = Listener()
    pretrain(recordings, broken, settings, progress=listener)
    assert "Going on after step 4 of 6." in listener.notes
    assert weights(broken) == weights(straight)
    other = settings.model_copy(update={"schedule": settings.schedule.model_copy(update={"seed": 2})})
    assert weights(pretrain(recordings, tmp_path / "other", other, progress=Listener())) != weights(straight)


@pytest.mark.parametrize("what", ["other settings", "damaged"])
def test_a_checkpoint_that_does_not_fit_is_not_used(
    what: str, recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path
) -> None:
    """The run begins anew rather than going on with weights of something else."""
    with pytest.raises(KeyboardInterrupt):
        pretrain(recordings, tmp_path / "mine", settings, progress=Interrupter(3))
    if what == "damaged":
        path = tmp_path / "mine.unfinished" / CHECKPOINT
        path.write_bytes(path.read_bytes()[:1000])
    else:
        objectives = settings.objectives.model_copy(update={"phases": 0.0})
        settings = settings.model_copy(update={"objectives": objectives})
    listener = Listener()
    pretrain(recordings, tmp_path / "mine", settings, progress=listener)
    assert [note for note in listener.notes if "Going on" in note] == []


def test_what_is_held_out_is_not_heard(recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path) -> None:
    """Neither with its labels nor without."""
    material = settings.material.model_copy(update={"held_out": ("training-b",)})
    settings = settings.model_copy(update={"material": material})
    folder = pretrain(recordings, tmp_path / "mine", settings, progress=Listener())
    made = json.loads((folder / "config.json").read_text())["pretraining"]
    assert made["recordings"] == {"training-a": 4, "training-f": 4}
    assert "Held out: training-b." in (folder / "README.md").read_text()


@pytest.mark.parametrize("material", [{"held_out": ("training_f",)}, {"labelled_sites": ("training-a", "training_f")}])
def test_an_unknown_site_is_refused(
    material: dict[str, tuple[str, ...]], recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path
) -> None:
    """A misspelt site would be heard although it was meant to be held out, or not be learned of."""
    settings = settings.model_copy(update={"material": MaterialSettings(**material)})
    text = rf"material\.{next(iter(material))} names the site 'training_f', .* Did you mean 'training-f'\?"
    with pytest.raises(ConfigError, match=text):
        pretrain(recordings, tmp_path / "mine", settings, progress=Listener())


def test_a_folder_that_is_taken_is_left_alone(
    recordings: RecordingSet, settings: PretrainingSettings, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="is there already; name another folder"):
        pretrain(recordings, tmp_path, settings, progress=Listener())
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_defaults_make_the_shipped_encoder() -> None:
    """What its config.json says is what the command does without any setting."""
    config = json.loads((SHIPPED / "heartprobe-pcg" / "config.json").read_text())
    made = config["pretraining"]
    names = set(PretrainingSettings.model_fields)
    recorded = {"architecture": config["architecture"], **{name: made[name] for name in names - {"architecture"}}}
    # What came later than the encoder is not in its file: there its default must mean that it takes no part.
    later = {"clusters": 0, "self_distillation": 0}
    assert {name: recorded["objectives"].get(name, 0) for name in later} == later
    assert PretrainingSettings.model_validate_json(json.dumps(recorded)) == PretrainingSettings()
    assert set(made["recordings"]) == {f"training-{site}" for site in "abcdef"}
