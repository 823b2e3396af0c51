"""The whole story of an experiment, from recordings to a run folder.

recordings -> encoder -> features -> splits -> a model per split -> predictions on its test
patients -> metrics with intervals and a report -> the model that is kept
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from heartprobe import __version__
from heartprobe.bundle.card import model_card
from heartprobe.bundle.folder import write_bundle
from heartprobe.config.schema import Config
from heartprobe.data.finding_summary import summary_of
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.encoders.load import load_encoder
from heartprobe.environment import data_fingerprint, describe_environment
from heartprobe.evaluation.predictions import patient_rows, prediction_rows, read_predictions, write_predictions
from heartprobe.evaluation.protocols import final_split, plan_splits
from heartprobe.evaluation.report import write_report_html, write_report_md
from heartprobe.machine import Machine
from heartprobe.progress import Progress
from heartprobe.run_folder import RunFolder
from heartprobe.run_report import build_manifest, build_report
from heartprobe.training.demographics_only import fit_demographics_only
from heartprobe.training.trainers import TrainedModel, Trainer, open_trainer


def run_experiment(
    config: Config, recordings: RecordingSet, folder: Path, *, machine: Machine, progress: Progress
) -> dict[str, Any]:
    """Train, evaluate and leave a run folder.

    Args:
        config: The settings.
        recordings: The data set.
        folder: The run folder; an unfinished run of the same configuration and data goes on.
        machine: Device, threads and cache.
        progress: Told of everything that takes long.

    Returns:
        The report, as it stands in `report.json`.
    """
    started = time.time()
    RunFolder.check(folder, config)
    trainer = open_trainer(config, recordings, machine, progress)
    plan = plan_splits(trainer.recordings, config)
    splits = plan.splits
    for note in (*plan.notes, *summary_of(trainer.findings)):
        progress.note(note)
    fingerprint = data_fingerprint(trainer.recordings, trainer.sounds)
    run = RunFolder.open(folder, config, fingerprint)
    key = _key(config, fingerprint, trainer)

    folds = [_predict_fold(trainer, split, run, key, config, progress) for split in splits]
    predictions = pd.concat([read_predictions(run.fold_predictions(split)) for split in splits], ignore_index=True)
    alone = pd.concat([_demographics_rows(trainer.recordings, split, config) for split in splits], ignore_index=True)
    chosen = [chosen for chosen, _ in folds]
    report = build_report(config, trainer, fingerprint, chosen, predictions, alone, plan.notes)
    if len(splits) == 1:
        model = folds[0][1] or trainer.fit(splits[0], run.work_folder(splits[0]), progress)
    else:
        progress.note("The model that is kept is trained on all patients.")
        model = trainer.fit(final_split(trainer.recordings, config), run.work_folder("kept"), progress)
    _write_bundle(run, config, trainer, model, report)

    run.write_splits(splits)
    write_predictions(predictions, folder / "predictions.csv")
    write_predictions(alone, folder / "predictions_demographics.csv")
    run.write_json("report.json", report)
    seconds = {"seconds": round(time.time() - started, 1), "data_fingerprint": fingerprint}
    run.write_json("environment.json", describe_environment(str(trainer.device)) | seconds)
    write_report_md(report, folder)
    write_report_html(report, folder)
    run.finish()
    return report


def _predict_fold(
    trainer: Trainer, split: Split, run: RunFolder, key: str, config: Config, progress: Progress
) -> tuple[dict[str, Any], TrainedModel | None]:
    """Fit on one split and store its predictions on the test patients.

    Returns:
        What was chosen, and the model; `None` where the result was taken over from an interrupted run.
    """
    key = hashlib.sha256(f"{key} {split}".encode()).hexdigest()
    stored = run.finished(split, key)
    if stored is not None:
        progress.note(f"Repeat {split.repeat}, fold {split.fold}: taken over from the interrupted run.")
        return stored, None
    model = trainer.fit(split, run.work_folder(split), progress)
    recording_ids, probabilities = model.predict(split.test)
    rows = prediction_rows(
        split,
        trainer.recordings,
        config.labels,
        probabilities,
        recording_ids,
        rule=config.evaluation.patient_rule,
        threshold=config.evaluation.threshold,
    )
    write_predictions(rows, run.fold_predictions(split))
    is_site = config.evaluation.protocol == "leave-site-out"
    site = {"site": trainer.recordings.site_of(split.test[0])} if is_site else {}
    chosen = {"repeat": split.repeat, "fold": split.fold, **site, **model.chosen}
    run.keep(split, key, chosen)
    if config.evaluation.protocol != "holdout":
        run.drop_checkpoints(split)
    return chosen, model


def _demographics_rows(recordings: RecordingSet, split: Split, config: Config) -> pd.DataFrame:
    """Return what age, sex, smoking and residence alone say about the test patients."""
    probabilities = fit_demographics_only(recordings, split, config)
    return patient_rows(
        split, recordings, config.labels, probabilities, split.test, threshold=config.evaluation.threshold
    )


def _write_bundle(
    run: RunFolder, config: Config, trainer: Trainer, model: TrainedModel, report: dict[str, Any]
) -> None:
    encoder_folder, tuned = None, None
    if model.save_encoder is not None:
        encoder_folder = run.work_folder("kept") / "encoder"
        model.save_encoder(encoder_folder)
        tuned = load_encoder(str(encoder_folder.resolve())).info.fingerprint
    manifest = build_manifest(config, trainer, model, report, tuned=tuned)
    card = model_card(manifest, report, licence=report["data"]["licence"])
    write_bundle(run.bundle, manifest, model.tensors, card, encoder_folder=encoder_folder)


def _key(config: Config, fingerprint: str, trainer: Trainer) -> str:
    """Return the identity of everything that the result of a fold depends on."""
    content: Sequence[Any] = (__version__, config.model_dump(mode="json"), fingerprint, trainer.recipe.digest())
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
