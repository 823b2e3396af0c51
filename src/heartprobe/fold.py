"""One fold of an experiment: a model, how it decides, and what it says of patients whom it has not seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from heartprobe.config.schema import Config, DemographicField, PatientRule
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.decisions.decider import Decider
from heartprobe.decisions.fitting import fit_decider, fit_fusions
from heartprobe.decisions.fusion import PATIENT_RULES
from heartprobe.decisions.position_weights import shares
from heartprobe.decisions.rows import fusion_rows, prediction_rows
from heartprobe.evaluation.predictions.answer_rows import patient_rows
from heartprobe.evaluation.predictions.answers import fixed_answers
from heartprobe.evaluation.predictions.table import write_fusion_predictions, write_predictions
from heartprobe.progress import Progress
from heartprobe.run_folder import COMPANION, DEMOGRAPHICS, FUSION, PREDICTIONS, RunFolder
from heartprobe.training.demographics_only import fit_demographics_only
from heartprobe.training.trained_model import TrainedModel
from heartprobe.training.trainers import Trainer


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A trained model and what was chosen for its answers, on the same validation patients.

    Attributes:
        model: The model.
        decider: What turns its probabilities into answers.
        split: Whose development patients both were made from.
    """

    model: TrainedModel
    decider: Decider
    split: Split


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """What came out of a fold; its predictions stand in the run folder.

    Attributes:
        chosen: What was chosen on validation patients, for the report.
        decided: The model; `None` where the result was taken over from an interrupted run.
    """

    chosen: dict[str, Any]
    decided: Decided | None


def fit_decided(trainer: Trainer, split: Split, work_folder: Path, config: Config, progress: Progress) -> Decided:
    """Train on the development patients of a split, and choose on its validation patients how to decide."""
    model = trainer.fit(split, work_folder, progress)
    decider = fit_decider(model.validation, trainer.recordings, config.labels, config.evaluation)
    return Decided(model, decider, split)


def run_fold(
    trainer: Trainer,
    split: Split,
    run: RunFolder,
    key: str,
    config: Config,
    progress: Progress,
    *,
    is_one_of_several: bool,
) -> Fold:
    """Fit on one split and store what is predicted for its test patients.

    Args:
        trainer: What is trained with.
        split: The split.
        run: Where the tables go.
        key: Identity of everything that the result depends on, apart from the split.
        config: The settings.
        progress: Told of it.
        is_one_of_several: Whether the model that is kept is another one, so that what the training left to go on
            from is of no use any more.
    """
    key = hashlib.sha256(f"{key} {split}".encode()).hexdigest()
    stored = run.finished(split, key)
    if stored is not None:
        progress.note(f"Repeat {split.repeat}, fold {split.fold}: taken over from the interrupted run.")
        return Fold(stored, None)
    decided = fit_decided(trainer, split, run.work_folder(split), config, progress)
    recordings, windows = trainer.recordings, decided.model.predict(split.test)
    write_predictions(prediction_rows(split, recordings, windows, decided.decider), run.fold_table(split, PREDICTIONS))
    fusions = _fusions(decided, recordings, config)
    write_fusion_predictions(fusion_rows(split, recordings, windows, fusions), run.fold_table(split, FUSION))
    _write_demographics(recordings, split, run, config)
    _write_companion(trainer, decided.model, split, run, config, progress)
    chosen = _chosen(recordings, split, decided, fusions["learned"], config)
    run.keep(split, key, chosen)
    if is_one_of_several:
        run.drop_checkpoints(split)
    return Fold(chosen, decided)


def companion_demographics(recordings: RecordingSet, config: Config) -> tuple[DemographicField, ...]:
    """Return what the companion is told: nothing where the model is told demographics, else whatever is known."""
    if config.dataset.demographics:
        return ()
    patients = [recordings.patients[patient].demographics for patient in recordings.patient_ids]
    return tuple(
        field for field in get_args(DemographicField) if any(getattr(known, field) is not None for known in patients)
    )


def why_no_companion(recordings: RecordingSet, config: Config) -> str | None:
    """Return why there is no model with and without demographics to compare, or `None` where there is."""
    if not config.training.freeze_encoder:
        return "the encoder would have to be fine-tuned a second time"
    if not config.dataset.demographics and not companion_demographics(recordings, config):
        return "no demographics are known"
    return None


def _fusions(decided: Decided, recordings: RecordingSet, config: Config) -> dict[PatientRule, Decider]:
    """Return how every rule of fusion would decide, in their order; the rule of the run has decided already."""
    used = decided.decider.patient_rule
    others = [rule for rule in PATIENT_RULES if rule != used]
    fitted = fit_fusions(decided.model.validation, recordings, config.labels, config.evaluation, others)
    fitted[used] = decided.decider
    return {rule: fitted[rule] for rule in PATIENT_RULES}


def _write_demographics(recordings: RecordingSet, split: Split, run: RunFolder, config: Config) -> None:
    """Store what age, sex, smoking and residence alone say about the test patients."""
    answers = fixed_answers(fit_demographics_only(recordings, split, config), config.labels)
    rows = patient_rows(split, recordings, config.labels, answers, split.test)
    write_predictions(rows, run.fold_table(split, DEMOGRAPHICS))


def _write_companion(
    trainer: Trainer, model: TrainedModel, split: Split, run: RunFolder, config: Config, progress: Progress
) -> None:
    """Store what the same head says with demographics, or without them where the model is told some."""
    recordings = trainer.recordings
    if why_no_companion(recordings, config) is not None:
        return
    companion = trainer.companion(model, companion_demographics(recordings, config), split, progress)
    if companion is None:
        return
    decider = fit_decider(companion.validation, recordings, config.labels, config.evaluation)
    rows = prediction_rows(split, recordings, companion.predict(split.test), decider)
    write_predictions(rows, run.fold_table(split, COMPANION))


def _chosen(
    recordings: RecordingSet, split: Split, decided: Decided, learned: Decider, config: Config
) -> dict[str, Any]:
    is_site = config.evaluation.protocol == "leave-site-out"
    return {
        "repeat": split.repeat,
        "fold": split.fold,
        **({"site": recordings.site_of(split.test[0])} if is_site else {}),
        **decided.model.chosen,
        "decisions": decided.decider.as_dict(),
        "position_shares": {label: shares(found.position_weights) for label, found in learned.labels.items()},
    }
