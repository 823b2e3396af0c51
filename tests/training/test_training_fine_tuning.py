"""Training an encoder together with its head."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from heartprobe.data.recordings import RecordingSet
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.save import save_encoder
from heartprobe.errors import TrainingError
from heartprobe.evaluation.predictions.aggregate import patient_probabilities, recording_probabilities
from heartprobe.models import load_head
from heartprobe.progress import SilentProgress
from heartprobe.training.fine_tuned import FineTuned
from listener import Listener
from separable_sounds import fine_tune_tiny, make_config, make_split
from tiny_encoders import TinyEncoder

HERE = Path(__file__).parent


def patient_auroc(tuned: FineTuned, sounds: RecordingSet) -> list[float]:
    """Return the AUROC of each label on the test patients."""
    predicted = tuned.predict(sounds.of_patients(make_split(list(sounds.patients)).test), progress=SilentProgress())
    labels = tuned.classifier.head.labels
    recordings, by_recording = recording_probabilities(predicted.probabilities, predicted.recording_ids)
    owner = dict(zip(predicted.recording_ids, predicted.patient_ids, strict=True))
    patients, probabilities = patient_probabilities(by_recording, [owner[r] for r in recordings], labels)
    truth = sounds.targets(patients, labels)
    return [float(roc_auc_score(truth[:, i], probabilities[:, i])) for i in range(len(labels))]


def states() -> tuple[object, ...]:
    """Return the states of the three global generators."""
    return random.getstate(), np.random.get_state()[1].tolist(), torch.random.get_rng_state().tolist()  # noqa: NPY002


def everything(tuned: FineTuned) -> dict[str, torch.Tensor]:
    """Return all weights of encoder and head."""
    return {**tuned.encoder.module.state_dict(), **tuned.tensors()}


@pytest.fixture(scope="module")
def undisturbed(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[FineTuned, Path]:
    """A fine-tuning that ran through, and what it left in its work folder."""
    work_folder = tmp_path_factory.mktemp("work")
    return fine_tune_tiny(sounds, tiny_encoder("wav2vec2-group-norm"), work_folder, SilentProgress()), work_folder


@pytest.mark.parametrize(("kind", "head"), [("wav2vec2-layer-norm", "linear"), ("wavlm", "mlp")])
def test_a_random_encoder_learns_to_tell_patients_apart(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path, kind: str, head: str
) -> None:
    """In seconds, on patients it has not heard."""
    tuned = fine_tune_tiny(sounds, tiny_encoder(kind), tmp_path, SilentProgress(), models__head=head)
    assert min(patient_auroc(tuned, sounds)) > 0.9


def test_the_binary_task_and_demographics_work_as_well(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    tuned = fine_tune_tiny(
        sounds,
        tiny_encoder("whisper"),
        tmp_path,
        SilentProgress(),
        training__multi_label=False,
        training__fine_tuning__epochs=1,
        dataset__demographics=["age", "smoker"],
    )
    assert tuned.classifier.head.labels == ("N",)
    assert tuned.tensors()["standardise.mean"].numel() == 2 * 32 + 2
    assert tuned.classifier.demographics is not None


def test_what_is_frozen_stays_to_the_last_bit_and_the_rest_moves(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """The last layer alone is trained."""
    folder = tiny_encoder("wav2vec2-group-norm")
    settings = {"training__fine_tuning__top_layers": 1, "training__fine_tuning__epochs": 1}
    tuned = fine_tune_tiny(sounds, folder, tmp_path, SilentProgress(), **settings)
    before, after = load_encoder(str(folder)).module.state_dict(), tuned.encoder.module.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert all(name.startswith("encoder.layers.2.") for name in moved)


def test_the_encoder_that_was_handed_in_stays_as_it_is(
    undisturbed: tuple[FineTuned, Path], tiny_encoder: TinyEncoder
) -> None:
    """`fine_tune` works on a copy, so that the next fold starts from the same weights."""
    before = load_encoder(str(tiny_encoder("wav2vec2-group-norm"))).module.state_dict()
    after = undisturbed[0].encoder.module.state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_the_epoch_with_the_best_validation_score_is_kept(undisturbed: tuple[FineTuned, Path]) -> None:
    """Its score and the history are told; the head predicts what it did then."""
    chosen, history = undisturbed[0].chosen, undisturbed[0].history
    assert [record["epoch"] for record in history] == list(range(1, len(history) + 1))
    kept = history[chosen["epoch"] - 1]
    assert (chosen["validation_auroc"], chosen["validation_loss"]) == (
        kept["validation_auroc"],
        kept["validation_loss"],
    )
    assert set(kept) == {"epoch", "learning_rate", "train_loss", "validation_auroc", "validation_loss"}
    assert chosen["start"]["layer"] == chosen["layer"] == 3


def test_it_stops_early(sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """Nothing counts as better than the first epoch, so that a patience of one ends it after the second."""
    settings = {"training__fine_tuning__patience": 1, "training__early_stopping__min_delta": 10.0}
    tuned = fine_tune_tiny(sounds, tiny_encoder("wav2vec2-group-norm"), tmp_path, SilentProgress(), **settings)
    assert (tuned.chosen["epoch"], tuned.chosen["epochs"]) == (1, 2)


def test_the_same_seed_gives_the_same_weights(
    undisturbed: tuple[FineTuned, Path], sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    again = fine_tune_tiny(sounds, tiny_encoder("wav2vec2-group-norm"), tmp_path, SilentProgress())
    expected = everything(undisturbed[0])
    assert all(torch.equal(value, expected[name]) for name, value in everything(again).items())


def test_killed_and_started_again_it_comes_to_the_identical_result(
    undisturbed: tuple[FineTuned, Path], sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """SIGKILL in the third epoch; two epochs are not computed again."""
    encoder = tiny_encoder("wav2vec2-group-norm")
    command = [sys.executable, str(HERE / "killed_fine_tuning.py"), str(sounds.recordings[0].path.parent)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    killed = subprocess.run([*command, str(encoder), str(tmp_path), "3"], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    listener = Listener()
    resumed = fine_tune_tiny(sounds, encoder, tmp_path, listener)
    epochs = [note.split("epoch ")[1][0] for note in listener.notes if ": epoch " in note]
    assert epochs == ["3", "4"]
    expected = everything(undisturbed[0])
    assert all(torch.equal(value, expected[name]) for name, value in everything(resumed).items())
    assert resumed.chosen == undisturbed[0].chosen
    assert list(resumed.history) == list(undisturbed[0].history)


def test_a_finished_training_is_taken_from_its_work_folder(
    undisturbed: tuple[FineTuned, Path], sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """Killed after the last epoch, nothing is trained again; a half-written checkpoint is not believed."""
    shutil.copytree(undisturbed[1], tmp_path / "work")
    broken = tmp_path / "work" / "fine-tuning" / "checkpoints" / "checkpoint-999"
    broken.mkdir()
    (broken / "trainer_state.json").write_text('{"log_hist', encoding="utf-8")
    listener = Listener()
    again = fine_tune_tiny(sounds, tiny_encoder("wav2vec2-group-norm"), tmp_path / "work", listener)
    assert not [note for note in listener.notes if ": epoch " in note]
    expected = everything(undisturbed[0])
    assert all(torch.equal(value, expected[name]) for name, value in everything(again).items())


def test_the_work_folder_of_another_training_is_not_taken_up(
    undisturbed: tuple[FineTuned, Path], sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """Another seed starts anew, and leaves alone what others keep in the folder."""
    shutil.copytree(undisturbed[1], tmp_path / "work")
    (tmp_path / "work" / "result.json").write_text("{}", encoding="utf-8")
    listener = Listener()
    settings = {"training__random_seed": 1, "training__fine_tuning__epochs": 1}
    fine_tune_tiny(sounds, tiny_encoder("wav2vec2-group-norm"), tmp_path / "work", listener, **settings)
    assert [note for note in listener.notes if ": epoch 1:" in note]
    assert (tmp_path / "work" / "result.json").is_file()


def test_other_demographics_start_anew(
    undisturbed: tuple[FineTuned, Path], sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """A table that was mended after an interruption is another training, though sounds and labels are the same."""
    shutil.copytree(undisturbed[1], tmp_path / "work")
    mended = replace(
        sounds,
        patients={p: replace(v, demographics=replace(v.demographics, age=99.0)) for p, v in sounds.patients.items()},
    )
    listener = Listener()
    fine_tune_tiny(mended, tiny_encoder("wav2vec2-group-norm"), tmp_path / "work", listener)
    assert [note for note in listener.notes if ": epoch 1:" in note]


def test_a_saved_model_predicts_what_the_trained_one_does(
    undisturbed: tuple[FineTuned, Path], sounds: RecordingSet, tmp_path: Path
) -> None:
    """Encoder and head go through files, of which none is a pickle."""
    tuned = undisturbed[0]
    save_encoder(tuned.encoder, tmp_path / "encoder")
    assert {path.suffix for path in (tmp_path / "encoder").iterdir()} == {".json", ".safetensors"}
    loaded = replace(
        tuned,
        encoder=load_encoder(str(tmp_path / "encoder")),
        classifier=replace(tuned.classifier, head=load_head(tuned.settings(), tuned.tensors())),
    )
    expected = tuned.predict(sounds, progress=SilentProgress())
    assert (loaded.predict(sounds, progress=SilentProgress()).probabilities == expected.probabilities).all()


def test_the_global_generators_are_left_alone(sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path) -> None:
    """The Trainer seeds them all."""
    before = states()
    fine_tune_tiny(sounds, tiny_encoder("whisper"), tmp_path, SilentProgress(), training__fine_tuning__epochs=1)
    assert states() == before


def test_nothing_is_written_to_standard_output(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Results alone belong there."""
    fine_tune_tiny(sounds, tiny_encoder("whisper"), tmp_path, SilentProgress(), training__fine_tuning__epochs=1)
    assert capfd.readouterr().out == ""


def test_unusable_recordings_are_named_and_the_others_trained_on(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    broken = replace(sounds.recordings[0], path=tmp_path / "missing.wav")
    listener = Listener()
    damaged = replace(sounds, recordings=(broken, *sounds.recordings[1:]))
    settings = {"training__fine_tuning__epochs": 1}
    fine_tune_tiny(damaged, tiny_encoder("whisper"), tmp_path / "work", listener, **settings)
    assert any(note.startswith("missing: P000_0:") for note in listener.notes)


def test_without_any_usable_recording_it_says_where_to_look(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    lost = replace(sounds, recordings=tuple(replace(r, path=tmp_path / "missing.wav") for r in sounds.recordings))
    with pytest.raises(TrainingError, match=r"None of the 10 training patients.*heartprobe data check"):
        fine_tune_tiny(lost, tiny_encoder("whisper"), tmp_path, SilentProgress())


def test_an_encoder_without_weights_is_refused_before_anything_is_read(sounds: RecordingSet, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="logmel has no weights to train"):
        fine_tune_tiny(sounds, Path("logmel"), tmp_path, SilentProgress())


def test_the_order_of_windows_follows_the_setting(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    settings = {"training__fine_tuning__epochs": 1}
    folder = tiny_encoder("whisper")
    shuffled = fine_tune_tiny(sounds, folder, tmp_path / "a", SilentProgress(), **settings)
    ordered = fine_tune_tiny(
        sounds, folder, tmp_path / "b", SilentProgress(), data_loading__shuffle_train=False, **settings
    )
    assert shuffled.history[0]["train_loss"] != ordered.history[0]["train_loss"]
    assert make_config().data_loading.shuffle_train


def test_a_single_window_that_is_left_over_harms_nothing(
    sounds: RecordingSet, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    """Batch normalisation cannot work on one window; every validation window is scored all the same."""
    # Recordings of two seconds in windows of one.
    n_windows = 2 * len(sounds.of_patients(make_split(list(sounds.patients)).train).recordings)
    assert n_windows % 13 == 1
    tuned = fine_tune_tiny(
        sounds,
        tiny_encoder("wav2vec2-group-norm"),
        tmp_path,
        SilentProgress(),
        models__head="mlp",
        training__batch_size=13,
        training__fine_tuning__epochs=1,
    )
    assert len(tuned.history) == 1
