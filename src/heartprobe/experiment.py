"""The whole story of an experiment, from recordings to a run folder.

recordings -> encoder -> features -> splits -> a model per split and how it decides -> predictions on
its test patients -> metrics, calibration, decisions, audit -> a report -> the model that is kept
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from heartprobe import __version__
from heartprobe.bundle.card import model_card
from heartprobe.bundle.folder import write_bundle
from heartprobe.bundle.trained_on import TrainedOn
from heartprobe.config.schema import Config
from heartprobe.data.finding_summary import summary_of
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.data_description import describe_recordings, developed_on
from heartprobe.encoders.load import load_encoder
from heartprobe.environment import data_fingerprint, describe_environment
from heartprobe.evaluation.predictions.table import (
    read_fusion_predictions,
    read_predictions,
    write_fusion_predictions,
    write_predictions,
)
from heartprobe.evaluation.protocols.plan import final_split, plan_splits
from heartprobe.evaluation.report import write_report_html, write_report_md
from heartprobe.fold import Decided, fit_decided, run_fold, why_no_companion
from heartprobe.machine import Machine
from heartprobe.progress import Progress
from heartprobe.run_folder import COMPANION, DEMOGRAPHICS, FUSION, PREDICTIONS, RunFolder
from heartprobe.run_report import Tested, build_manifest, build_report
from heartprobe.training.trainers import Trainer, open_trainer


def run_experiment(
    config: Config,
    recordings: RecordingSet,
    folder: Path,
    *,
    machine: Machine,
    progress: Progress,
    with_audio: bool = False,
) -> dict[str, Any]:
    """Train, evaluate and leave a run folder.

    Args:
        config: The settings.
        recordings: The data set.
        folder: The run folder; an unfinished run of the same configuration and data goes on.
        machine: Device, threads and cache.
        progress: Told of everything that takes long.
        with_audio: Whether `report.html` holds the hardest patients' sounds to listen to.

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

    is_one_of_several = len(splits) > 1
    folds = [
        run_fold(trainer, split, run, key, config, progress, is_one_of_several=is_one_of_several) for split in splits
    ]
    kept = folds[0].decided if len(splits) == 1 else None
    if kept is None:
        kept = _fit_kept(trainer, splits, run, config, progress)
    tested = _gather(run, splits, why_no_companion(trainer.recordings, config))
    progress.note("Measuring: metrics, intervals, calibration and the audit of confounders.")
    n_read = len(recordings.recordings)
    chosen = [fold.chosen for fold in folds]
    report = build_report(config, trainer, kept.model, fingerprint, chosen, tested, n_read, plan.notes)
    _write_bundle(run, config, trainer, kept, report)

    run.write_splits(splits)
    write_predictions(tested.predictions, folder / PREDICTIONS)
    write_fusion_predictions(tested.fusion, folder / FUSION)
    write_predictions(tested.demographics, folder / DEMOGRAPHICS)
    if isinstance(tested.companion, pd.DataFrame):
        write_predictions(tested.companion, folder / COMPANION)
    run.write_json("report.json", report)
    seconds = {"seconds": round(time.time() - started, 1), "data_fingerprint": fingerprint}
    run.write_json("environment.json", describe_environment(str(trainer.device)) | seconds)
    write_report_md(report, folder)
    write_report_html(report, folder, trainer.recordings, with_audio=with_audio)
    run.finish()
    return report


def _fit_kept(trainer: Trainer, splits: Sequence[Split], run: RunFolder, config: Config, progress: Progress) -> Decided:
    """Return the model that goes into the bundle: of the only split, or of all patients where there are several."""
    if len(splits) == 1:
        return fit_decided(trainer, splits[0], run.work_folder(splits[0]), config, progress)
    progress.note("The model that is kept is trained on all patients.")
    return fit_decided(trainer, final_split(trainer.recordings, config), run.work_folder("kept"), config, progress)


def _gather(run: RunFolder, splits: Sequence[Split], no_companion: str | None) -> Tested:
    """Put the tables of all folds together."""

    def of_all(name: str, read: Callable[[Path], pd.DataFrame] = read_predictions) -> pd.DataFrame:
        return pd.concat([read(run.fold_table(split, name)) for split in splits], ignore_index=True)

    return Tested(
        predictions=of_all(PREDICTIONS),
        fusion=of_all(FUSION, read_fusion_predictions),
        demographics=of_all(DEMOGRAPHICS),
        companion=of_all(COMPANION) if no_companion is None else no_companion,
    )


def _write_bundle(run: RunFolder, config: Config, trainer: Trainer, kept: Decided, report: dict[str, Any]) -> None:
    encoder_folder, tuned = None, None
    if kept.model.save_encoder is not None:
        encoder_folder = run.work_folder("kept") / "encoder"
        kept.model.save_encoder(encoder_folder)
        tuned = load_encoder(str(encoder_folder.resolve())).info.fingerprint
    developed = developed_on(trainer.recordings, kept.split)
    manifest = build_manifest(config, trainer, kept, describe_recordings(developed), report, tuned=tuned)
    card = model_card(manifest, report, TrainedOn.of(developed, config.labels))
    write_bundle(run.bundle, manifest, kept.model.tensors, card, encoder_folder=encoder_folder)


def _key(config: Config, fingerprint: str, trainer: Trainer) -> str:
    """Return the identity of everything that the result of a fold depends on."""
    recipes = [recipe.digest() for recipe in trainer.recipes]
    # The fingerprint knows sounds and patients, but not where on the chest: the `learned` fusion goes by that.
    positions = [str(recording.position) for recording in trainer.recordings.recordings]
    content: Sequence[Any] = (__version__, config.model_dump(mode="json"), fingerprint, positions, recipes)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
