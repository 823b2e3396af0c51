"""What a fine-tuning leaves behind, and how it is taken up again."""

from __future__ import annotations

import json
from pathlib import Path

from heartprobe.training.checkpoints import history, last_checkpoint, read_log, replay
from separable_sounds import make_config

#: Two epochs as transformers' Trainer logs them, and a third that was trained but not yet measured.
LOG = [
    {"loss": 0.7, "grad_norm": 1.0, "learning_rate": 1e-5, "epoch": 1.0, "step": 6},
    {"eval_loss": 0.9, "eval_auroc": 0.8, "eval_patients_loss": 0.6, "eval_runtime": 3.1, "epoch": 1.0, "step": 6},
    {"loss": 0.5, "grad_norm": 1.0, "learning_rate": 5e-6, "epoch": 2.0, "step": 12},
    {"eval_loss": 0.9, "eval_patients_loss": 0.5, "eval_runtime": 3.2, "epoch": 2.0, "step": 12},
    {"loss": 0.4, "grad_norm": 1.0, "learning_rate": 0.0, "epoch": 3.0, "step": 18},
]


def write_checkpoint(folder: Path, step: int, text: str) -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    checkpoint.mkdir()
    (checkpoint / "trainer_state.json").write_text(text, encoding="utf-8")
    return checkpoint


def test_the_history_has_one_record_per_measured_epoch() -> None:
    """Without anything that differs from run to run, such as times; an AUROC that does not exist is None."""
    assert history(LOG) == [
        {"epoch": 1, "learning_rate": 1e-5, "train_loss": 0.7, "validation_auroc": 0.8, "validation_loss": 0.6},
        {"epoch": 2, "learning_rate": 5e-6, "train_loss": 0.5, "validation_auroc": None, "validation_loss": 0.5},
    ]


def test_the_best_epoch_is_what_it_was_when_the_log_was_written() -> None:
    best = replay(LOG, make_config(training__fine_tuning__patience=1))
    assert (best.epoch, best.last, best.is_over) == (2, 2, False)
    assert replay(LOG[:2], make_config()).last == 1


def test_the_newest_complete_checkpoint_is_taken(tmp_path: Path) -> None:
    """By its step, not by its name (12 comes before 6 there), and not if it was cut off."""
    complete = json.dumps({"log_history": LOG})
    write_checkpoint(tmp_path, 6, complete)
    newest = write_checkpoint(tmp_path, 12, complete)
    write_checkpoint(tmp_path, 18, complete[:50])
    (tmp_path / "checkpoint-24").mkdir()
    assert last_checkpoint(tmp_path) == newest
    assert read_log(newest) == LOG


def test_without_checkpoints_there_is_none(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path / "absent") is None
