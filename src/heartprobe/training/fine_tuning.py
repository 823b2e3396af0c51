"""Training the encoder together with its head."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from heartprobe.atomic import write_text
from heartprobe.config.schema import Config
from heartprobe.data.recordings import RecordingSet
from heartprobe.data.split import Split
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import TrainingError
from heartprobe.features.demographic_columns import fit_demographics
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.devices import resolve_precision
from heartprobe.features.extract import extract
from heartprobe.features.recipe import Recipe
from heartprobe.models.head import JSON, Head
from heartprobe.models.load import load_head
from heartprobe.models.window_classifier import WindowClassifier
from heartprobe.progress import Progress
from heartprobe.signal.front_end import FrontEnd
from heartprobe.training.epochs import run_epochs
from heartprobe.training.fine_tuned import FineTuned
from heartprobe.training.fitted_probe import split_name
from heartprobe.training.freezing import freeze, trained_layers
from heartprobe.training.probe import fit_start
from heartprobe.training.tunable import TunableClassifier
from heartprobe.training.window_dataset import WindowDataset

START = "start.safetensors"
START_SETTINGS = "start.json"


def fine_tune(
    recordings: RecordingSet,
    encoder: Encoder,
    front_end: FrontEnd,
    split: Split,
    config: Config,
    *,
    device: torch.device | str,
    work_folder: Path,
    progress: Progress,
) -> FineTuned:
    """Train encoder and head on the training patients of a split.

    The head starts as a probe fitted on the frozen encoder's last hidden state: a random head
    would first spoil the features that it gets (Kumar et al., ICLR 2022, arXiv 2202.10054). The
    epoch that is kept is the one after which the validation patients score best.

    Args:
        recordings: Labels, demographics and files of the patients.
        encoder: What to start from; it stays as it is.
        front_end: How a recording becomes windows.
        split: Who is trained and validated on (first validation fold); test patients are not read.
        config: All settings; `training.fine_tuning` says which layers are trained, and how fast.
        device: What to compute on.
        work_folder: Where an unfinished training is kept, so that the same call goes on from the
            last finished epoch. The caller removes it.
        progress: Told of every epoch.

    Raises:
        TrainingError: If the encoder has no weights, a label shows one class only, no recording
            can be used, or the training does not end well.
        ConfigError: If more layers are to be trained than there are.
    """
    device, work_folder = torch.device(device), work_folder / "fine-tuning"
    encoder = copy.deepcopy(encoder)
    trained = freeze(encoder, config.training.fine_tuning)
    progress.note(_what_is_trained(encoder, trained))
    demographics = fit_demographics(recordings.patients, split.train, config)
    training = _windows(recordings, split.train, front_end, config, demographics, "training")
    validation = _windows(recordings, split.validation, front_end, config, demographics, "validation")
    for finding in (*training.findings, *validation.findings):
        progress.note(f"{finding.kind}: {finding.subject}: {finding.detail}")

    precision = resolve_precision(config.features.precision, device)
    recipe = Recipe.of(front_end, encoder.info, precision)
    key = _key(config, split, recipe, recordings, training, validation)
    start, chosen = _stored_start(work_folder, key)
    if start is None:
        start, chosen = _fit_start(recordings, encoder, recipe, split, config, device, progress)
        _store_start(work_folder, key, start, chosen)

    layers = trained_layers(encoder, config.training.fine_tuning)
    model = TunableClassifier(encoder, start, layers, config.training.dropout_rate)
    best, history = run_epochs(
        model,
        training,
        validation,
        config,
        device=device,
        work_folder=work_folder,
        name=split_name(split),
        progress=progress,
    )
    model.eval().to("cpu")
    layer = encoder.info.n_layers - 1
    summary: dict[str, JSON] = {"head": start.kind, "time_scale": front_end.time_scale, "layer": layer}
    summary |= {"epoch": best.epoch, "epochs": best.last}
    if best.score is not None:
        summary |= {"validation_auroc": best.score.auroc, "validation_loss": best.score.loss}
    classifier = WindowClassifier(model.head(), layer, demographics)
    return FineTuned(encoder, classifier, recipe, {**summary, "start": chosen}, history)


def _what_is_trained(encoder: Encoder, names: list[str]) -> str:
    parameters = dict(encoder.module.named_parameters())
    n_trained = sum(parameters[name].numel() for name in names)
    n_all = sum(parameter.numel() for parameter in parameters.values())
    return f"{encoder.info.name}: {n_trained / 1e6:.2f} of {n_all / 1e6:.2f} million weights are trained."


def _windows(
    recordings: RecordingSet,
    patients: tuple[str, ...],
    front_end: FrontEnd,
    config: Config,
    demographics: DemographicsEncoder | None,
    part: str,
) -> WindowDataset:
    """Return the windows of those of the patients of whom at least one label is known."""
    known = [
        p for p in patients if any(recordings.patients[p].labels.get(label) is not None for label in config.labels)
    ]
    windows = WindowDataset(recordings.of_patients(known), front_end, config.labels, demographics)
    if not len(windows):
        raise TrainingError(
            f"None of the {len(patients)} {part} patients has both a known label and a usable recording. "
            "`heartprobe data check` lists what is wrong with the recordings."
        )
    return windows


def _fit_start(
    recordings: RecordingSet,
    encoder: Encoder,
    recipe: Recipe,
    split: Split,
    config: Config,
    device: torch.device,
    progress: Progress,
) -> tuple[Head, dict[str, Any]]:
    """Fit the head that the training starts from on the frozen encoder."""
    seen = recordings.of_patients([*split.train, *split.validation]).recordings
    table = extract(seen, encoder, recipe, None, device=device, progress=progress)
    time_scale = recipe.front_end.time_scale
    probe = fit_start(table, recordings, split, config, time_scale=time_scale, progress=progress)
    return probe.classifier.head, dict(probe.chosen)


def _key(
    config: Config,
    split: Split,
    recipe: Recipe,
    recordings: RecordingSet,
    training: WindowDataset,
    validation: WindowDataset,
) -> str:
    """Return the identity of everything that the result depends on."""
    parts = [
        {
            "sounds": part.sounds,
            "patients": part.patient_ids,
            "sites": part.sites,
            "targets": [[str(value) for value in row] for row in part.targets],
            "demographics": {p: asdict(recordings.patients[p].demographics) for p in part.patient_ids},
        }
        for part in (training, validation)
    ]
    content = [config.model_dump(mode="json"), asdict(split), recipe.digest(), parts]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _stored_start(work_folder: Path, key: str) -> tuple[Head | None, dict[str, Any]]:
    """Return the head that an interrupted training started from, if it was the same training."""
    try:
        stored = json.loads((work_folder / START_SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None, {}
    if stored.get("key") != key:
        return None, {}
    return load_head(stored["head"], load_file(work_folder / START)), stored["chosen"]


def _store_start(work_folder: Path, key: str, head: Head, chosen: dict[str, Any]) -> None:
    """Begin a work folder anew with the head that the training starts from."""
    shutil.rmtree(work_folder, ignore_errors=True)
    work_folder.mkdir(parents=True)
    save_file(head.tensors(), work_folder / START)
    write_text(work_folder / START_SETTINGS, json.dumps({"key": key, "head": head.settings(), "chosen": chosen}))
