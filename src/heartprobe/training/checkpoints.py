"""What a fine-tuning leaves behind after each epoch, and how it is taken up again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from heartprobe.config.schema import Config
from heartprobe.models.head import JSON
from heartprobe.training.best_epoch import BestEpoch
from heartprobe.training.patient_score import Score

#: The file of a checkpoint that transformers' Trainer writes last.
STATE: Final = "trainer_state.json"


def history(log: list[dict[str, Any]]) -> list[dict[str, JSON]]:
    """Return one record per finished epoch of the Trainer's log."""
    trained = {round(entry["epoch"]): entry for entry in log if "loss" in entry}
    return [
        {
            "epoch": epoch,
            "learning_rate": trained[epoch]["learning_rate"],
            "train_loss": trained[epoch]["loss"],
            "validation_auroc": entry.get("eval_auroc"),
            "validation_loss": entry["eval_patients_loss"],
        }
        for entry in log
        if "eval_patients_loss" in entry and (epoch := round(entry["epoch"])) in trained
    ]


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint that was written completely."""
    steps = {int(path.name.rpartition("-")[2]): path for path in folder.glob("checkpoint-*")}
    # The Trainer writes its state last; killed before that, it leaves a checkpoint without one or with half of one.
    complete = [step for step, path in steps.items() if read_log(path) is not None]
    return steps[max(complete)] if complete else None


def read_log(checkpoint: Path) -> Any:
    """Return the Trainer's log of a checkpoint; `None` where it was not written completely."""
    try:
        return json.loads((checkpoint / STATE).read_text(encoding="utf-8"))["log_history"]
    except (OSError, ValueError, KeyError):
        return None


def replay(log: list[dict[str, Any]], config: Config) -> BestEpoch:
    """Return the best epoch as it stood when the log was written."""
    best = BestEpoch(config.training.fine_tuning.patience, config.training.early_stopping.min_delta)
    for record in history(log):
        best.tell(cast(int, record["epoch"]), score_of(record))
    return best


def score_of(record: Mapping[str, Any]) -> Score:
    """Return the score of one record of a history."""
    return Score(record["validation_auroc"], record["validation_loss"])
