"""From recordings through an encoder to a trained model, over all time scales that are left to choose from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.errors import ConfigError
from heartprobe.machine import Machine
from heartprobe.models import load_head
from heartprobe.progress import SilentProgress
from heartprobe.training.fine_tune_trainer import FineTuneTrainer
from heartprobe.training.probe_trainer import ProbeTrainer
from heartprobe.training.trained_model import TrainedModel
from heartprobe.training.trainers import open_trainer
from listener import Listener
from separable_sounds import make_config, make_split
from tiny_encoders import TinyEncoder

CPU = Machine(device="cpu", workers=2)
SILENT = SilentProgress()


def configure(encoder: Path | str, **more: object) -> Config:
    scales = {"audio__duration": 1.0, "audio__time_scale": [4, 2]}
    return make_config(models__default_model=str(encoder), **{**scales, **more})


@pytest.fixture(scope="module")
def trainer(sounds: RecordingSet, tiny_encoder: TinyEncoder) -> ProbeTrainer:
    """One that holds the sounds at four times and at twice their speed."""
    return ProbeTrainer.open(configure(tiny_encoder("whisper")), sounds, CPU, SILENT)


@pytest.fixture(scope="module")
def model(trainer: ProbeTrainer, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    return trainer.fit(make_split(list(trainer.recordings.patients)), tmp_path_factory.mktemp("work"), SILENT)


def test_there_is_a_recipe_and_a_table_for_each_time_scale(trainer: ProbeTrainer) -> None:
    """In the order of the settings; the windows last one second of recording at each."""
    assert [recipe.front_end.time_scale for recipe in trainer.recipes] == [4, 2]
    assert [recipe.front_end.window_samples for recipe in trainer.recipes] == [4000, 8000]
    assert list(trainer.tables) == [4, 2]
    assert len({recipe.digest() for recipe in trainer.recipes}) == 2
    assert not np.array_equal(trainer.tables[4].layer(1), trainer.tables[2].layer(1))


def test_a_model_names_the_recipe_that_it_needs(trainer: ProbeTrainer, model: TrainedModel) -> None:
    """So that a bundle stores the front end whose time scale was chosen."""
    assert model.recipe in trainer.recipes
    assert model.chosen["time_scale"] == model.recipe.front_end.time_scale
    assert {candidate["time_scale"] for candidate in model.chosen["candidates"]} == {4, 2}
    assert (model.layer, model.strength) == (model.chosen["layer"], model.chosen["C"])


def test_a_model_predicts_the_patients_it_is_asked_for(trainer: ProbeTrainer, model: TrainedModel) -> None:
    """With the head that its settings and tensors stand for, on the table that it names."""
    answer = model.predict(["P001", "P000"])
    assert answer.recording_ids == tuple(r for r in ("P000_0", "P000_1", "P001_0", "P001_1") for _ in range(2))
    assert model.predict([]).probabilities.shape == (0, 2)
    table = trainer.tables[model.recipe.front_end.time_scale]
    layers = range(table.n_layers) if model.layer == "all" else [model.layer]
    columns = np.concatenate([table.layer(layer)[:8] for layer in layers], axis=1)
    head = load_head(model.head_settings, model.tensors)
    assert np.allclose(answer.probabilities, head.probabilities(columns), atol=1e-12)


def test_validation_is_of_development_patients_alone(trainer: ProbeTrainer, model: TrainedModel) -> None:
    """All of them, because each stands in one fold."""
    split = make_split(list(trainer.recordings.patients))
    owner = {recording.recording_id: recording.patient_id for recording in trainer.recordings.recordings}
    assert {owner[recording] for recording in model.validation.recording_ids} == set(split.development)
    assert np.isfinite(model.validation.probabilities).all()


def test_an_encoder_at_its_own_speed_has_nothing_to_choose_and_says_so(sounds: RecordingSet) -> None:
    listener = Listener()
    trainer = ProbeTrainer.open(configure("logmel"), sounds, CPU, listener)
    assert list(trainer.tables) == [1]
    told = "audio.time_scale = [4, 2] does not apply to logmel, which was made for heart sounds at their own speed"
    assert trainer.notes == [f"{told}; 1 is used."]
    assert listener.notes == trainer.notes


def test_a_recording_that_cannot_be_heard_at_one_time_scale_is_left_out_at_all(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """A tone of 3 kHz: more than half of the 4 kHz at which four times the speed hears it, less than half of 8."""
    time_s = np.arange(2 * 16_000) / 16_000
    samples = 0.5 * np.sin(2 * np.pi * 3000 * time_s) * np.hanning(time_s.size)
    soundfile.write(tmp_path / "high.wav", samples, 16_000, subtype="FLOAT")
    high = replace(sounds.recordings[0], path=tmp_path / "high.wav")
    recordings = replace(sounds, recordings=(high, *sounds.recordings[1:]))
    trainer = ProbeTrainer.open(configure(tiny_encoder("whisper")), recordings, CPU, SILENT)
    assert [finding.subject for finding in trainer.findings] == [high.recording_id]
    assert trainer.findings[0].kind == "silent"
    assert high.recording_id not in {recording.recording_id for recording in trainer.recordings.recordings}
    assert all(high.recording_id not in table.recording_ids for table in trainer.tables.values())
    assert trainer.tables[4].sounds == trainer.tables[2].sounds == trainer.sounds


def test_a_companion_takes_over_what_was_chosen(trainer: ProbeTrainer, model: TrainedModel) -> None:
    """And has the demographics besides, and validation patients of its own for its decisions."""
    split = make_split(list(trainer.recordings.patients))
    listener = Listener()
    companion = trainer.companion(model, ("age", "sex"), split, listener)
    assert (companion.recipe, companion.layer, companion.strength) == (model.recipe, model.layer, model.strength)
    assert len(companion.chosen["candidates"]) == 1
    assert listener.notes == []
    assert companion.demographics is not None
    assert companion.demographics["fields"] == ["age", "sex"]
    assert companion.validation.recording_ids == model.validation.recording_ids
    assert not np.allclose(companion.validation.probabilities, model.validation.probabilities)
    assert companion.predict(split.test).recording_ids == model.predict(split.test).recording_ids


def test_a_companion_with_the_same_demographics_is_the_same_model(trainer: ProbeTrainer, model: TrainedModel) -> None:
    """Nothing but the demographics sets the two apart."""
    split = make_split(list(trainer.recordings.patients))
    companion = trainer.companion(model, (), split, SILENT)
    answers = (companion.predict(split.test), model.predict(split.test)), (companion.validation, model.validation)
    assert all(np.allclose(ours.probabilities, theirs.probabilities, atol=1e-4) for ours, theirs in answers)


def test_the_companion_of_a_network_is_a_network(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """On the same layer and time scale, which are not chosen a second time."""
    config = configure(tiny_encoder("whisper"), models__head="mlp", training__epochs=2)
    trainer = ProbeTrainer.open(config, sounds, CPU, SILENT)
    split = make_split(list(sounds.patients))
    model = trainer.fit(split, tmp_path, SILENT)
    companion = trainer.companion(model, ("smoker",), split, SILENT)
    assert companion.head_settings["kind"] == "mlp"
    assert (companion.recipe, companion.layer) == (model.recipe, model.layer)
    assert "chosen_with" in model.chosen
    assert "chosen_with" not in companion.chosen


def test_the_site_probe_says_why_there_is_none_of_one_site(trainer: ProbeTrainer, model: TrainedModel) -> None:
    assert trainer.site_probe(model, seed=0, draws=100) == {"reason": "all recordings are of one site, separable"}
    of_all = replace(model, layer="all")
    assert "reason" in trainer.site_probe(of_all, seed=0, draws=100)


def test_a_fine_tuning_cannot_choose_a_time_scale(sounds: RecordingSet, tiny_encoder: TinyEncoder) -> None:
    config = configure(tiny_encoder("whisper"), training__freeze_encoder=False)
    with pytest.raises(ConfigError, match=r"audio\.time_scale = \[4, 2\] leaves several to choose from, .* a probe"):
        open_trainer(config, sounds, CPU, SILENT)


def test_a_fine_tuned_model_is_validated_on_its_first_fold_and_has_no_companion(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    config = configure(
        tiny_encoder("whisper"),
        audio__time_scale=4,
        training__freeze_encoder=False,
        training__fine_tuning__epochs=1,
        data_loading__num_workers=0,
    )
    trainer = FineTuneTrainer.open(config, sounds, CPU, SILENT)
    split = make_split(list(sounds.patients))
    model = trainer.fit(split, tmp_path, SILENT)
    assert {recording.split("_")[0] for recording in model.validation.recording_ids} == set(split.validation)
    assert (model.recipe, model.layer, model.strength) == (trainer.recipes[0], 3, None)
    assert model.chosen["time_scale"] == 4
    assert trainer.companion(model, ("age",), split, SILENT) is None
    assert "fine-tuned" in trainer.site_probe(model, seed=0, draws=100)["reason"]


def test_contradictions_are_refused_before_anything_is_computed(sounds: RecordingSet) -> None:
    """Not even the encoder, which does not exist, is looked for."""
    with pytest.raises(ConfigError, match=r"features\.layer=all is the mean of linear heads"):
        open_trainer(configure("no/such", features__layer="all", models__head="mlp"), sounds, CPU, SILENT)
