"""Two ways to a trained model behind one face: probe stored features, or fine-tune the encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from heartprobe.audio import read_audio
from heartprobe.config.schema import Config
from heartprobe.data.recordings import Finding, RecordingSet, unusable
from heartprobe.data.split import Split
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.encoders.save import save_encoder
from heartprobe.errors import AudioError, DataError
from heartprobe.features.devices import resolve_device, resolve_precision
from heartprobe.features.encoder_windows import resolve_front_end
from heartprobe.features.extract import extract, repeated
from heartprobe.features.recipe import Recipe
from heartprobe.features.store import FeatureStore
from heartprobe.features.table import FeatureTable
from heartprobe.machine import Machine
from heartprobe.models.head import JSON
from heartprobe.progress import Progress
from heartprobe.signal.front_end import FrontEnd
from heartprobe.training.probe import fit_probe


@dataclass(frozen=True, slots=True, eq=False)
class TrainedModel:
    """What came out of one split.

    Attributes:
        predict: Returns for some patients the recording of each window, and P(label = 1), shape
            `(windows, labels)`.
        chosen: What was chosen on validation.
        layer: Hidden state that the head reads.
        head_settings: What rebuilds the head beside its tensors.
        tensors: Those of the head.
        demographics: What encodes demographics, or `None`.
        save_encoder: Writes the fine-tuned encoder into a folder; `None` where it stayed as it was.
    """

    predict: Callable[[Sequence[str]], tuple[Sequence[str], NDArray[np.float64]]]
    chosen: Mapping[str, JSON]
    layer: int
    head_settings: Mapping[str, JSON]
    tensors: Mapping[str, torch.Tensor]
    demographics: dict[str, Any] | None
    save_encoder: Callable[[Path], None] | None = None


class Trainer(Protocol):
    """Fits models on the recordings that can be used.

    Attributes:
        recordings: The data set without the recordings that could not be read.
        sounds: SHA-256 of each recording's samples, by recording id.
        findings: Why recordings are not among them, and notes on others.
        notes: Sentences on settings that do not apply.
        encoder: The encoder, as it was loaded.
        recipe: How recordings become features.
        device: What is computed on.
    """

    recordings: RecordingSet
    sounds: Mapping[str, str]
    findings: Sequence[Finding]
    notes: Sequence[str]
    encoder: Encoder
    recipe: Recipe
    device: torch.device

    def fit(self, split: Split, work_folder: Path, progress: Progress) -> TrainedModel:
        """Fit on the development patients of a split.

        Args:
            split: Who may be seen.
            work_folder: Where a long training keeps what it needs to go on after an interruption.
            progress: Told of it.
        """
        ...


def open_trainer(config: Config, recordings: RecordingSet, machine: Machine, progress: Progress) -> Trainer:
    """Return what `training.freeze_encoder` asks for, with everything ready to fit.

    Raises:
        DataError: If no recording can be used.
    """
    if config.training.freeze_encoder:
        return ProbeTrainer.open(config, recordings, machine, progress)
    return FineTuneTrainer.open(config, recordings, machine, progress)


@dataclass(eq=False)
class _Opened:
    """What both trainers hold; see `Trainer`."""

    config: Config
    recordings: RecordingSet
    sounds: Mapping[str, str]
    findings: Sequence[Finding]
    notes: Sequence[str]
    encoder: Encoder
    recipe: Recipe
    device: torch.device


@dataclass(eq=False)
class ProbeTrainer(_Opened):
    """Fits a head on the stored features of the frozen encoder."""

    table: FeatureTable

    @classmethod
    def open(cls, config: Config, recordings: RecordingSet, machine: Machine, progress: Progress) -> ProbeTrainer:
        """Load the encoder and compute, or look up, the features of all recordings."""
        encoder, recipe, device, notes = _open_encoder(config, machine, progress)
        table = extract(
            recordings.recordings,
            encoder,
            recipe,
            FeatureStore(),
            device=device,
            workers=machine.workers,
            progress=progress,
        )
        usable = _usable(recordings, table.sounds, table.findings)
        findings = (*table.findings, *_identical(usable, table.sounds))
        return cls(config, usable, table.sounds, findings, notes, encoder, recipe, device, table)

    def fit(self, split: Split, work_folder: Path, progress: Progress) -> TrainedModel:  # noqa: ARG002
        """Choose and fit a head; nothing is left in the work folder, because it takes seconds."""
        probe = fit_probe(self.table, self.recordings, split, self.config, progress=progress)

        def predict(patient_ids: Sequence[str]) -> tuple[Sequence[str], NDArray[np.float64]]:
            wanted = set(patient_ids)
            rows = [row for row, patient in enumerate(self.table.patient_ids) if patient in wanted]
            ids = [self.table.recording_ids[row] for row in rows]
            return ids, probe.predict(self.table, self.recordings.patients)[rows]

        return TrainedModel(
            predict=predict,
            chosen=probe.chosen,
            layer=probe.layer,
            head_settings=probe.head.settings(),
            tensors=probe.head.tensors(),
            demographics=probe.demographics.as_dict() if probe.demographics else None,
        )


@dataclass(eq=False)
class FineTuneTrainer(_Opened):
    """Trains the encoder together with a head."""

    @classmethod
    def open(cls, config: Config, recordings: RecordingSet, machine: Machine, progress: Progress) -> FineTuneTrainer:
        """Load the encoder and read every recording once."""
        encoder, recipe, device, notes = _open_encoder(config, machine, progress)
        sounds, findings = _read_all(recordings, recipe.front_end, progress)
        usable = _usable(recordings, sounds, findings)
        findings += _identical(usable, sounds)
        return cls(config, usable, sounds, findings, notes, encoder, recipe, device)

    def fit(self, split: Split, work_folder: Path, progress: Progress) -> TrainedModel:
        """Fine-tune on the training part, stop early on the validation part."""
        # Importing transformers' Trainer takes seconds that a probe need not pay for.
        from heartprobe.training.fine_tuning import fine_tune

        tuned = fine_tune(
            self.recordings,
            self.encoder,
            self.recipe.front_end,
            split,
            self.config,
            device=self.device,
            work_folder=work_folder,
            progress=progress,
        )

        def predict(patient_ids: Sequence[str]) -> tuple[Sequence[str], NDArray[np.float64]]:
            heard = tuned.predict(self.recordings.of_patients(patient_ids), device=self.device, progress=progress)
            return heard.recording_ids, heard.probabilities

        return TrainedModel(
            predict=predict,
            chosen=tuned.probe.chosen,
            layer=tuned.probe.layer,
            head_settings=tuned.settings(),
            tensors=tuned.tensors(),
            demographics=tuned.probe.demographics.as_dict() if tuned.probe.demographics else None,
            save_encoder=lambda folder: save_encoder(tuned.encoder, folder),
        )


def _open_encoder(
    config: Config, machine: Machine, progress: Progress
) -> tuple[Encoder, Recipe, torch.device, list[str]]:
    """Load the encoder, and say what of the settings does not apply to it."""
    device = resolve_device(machine.device)
    encoder = load_encoder(config.models.default_model, known=config.models.available_models)
    front_end, notes = resolve_front_end(config.audio, encoder.info)
    for note in notes:
        progress.note(note)
    return (
        encoder,
        Recipe.of(front_end, encoder.info, resolve_precision(config.features.precision, device)),
        device,
        notes,
    )


def _read_all(
    recordings: RecordingSet, front_end: FrontEnd, progress: Progress
) -> tuple[dict[str, str], list[Finding]]:
    """Read and cut every recording once: the hash of its sound, or why it cannot be used."""
    sounds, findings = {}, []
    with progress.task("Reading recordings", len(recordings.recordings), "recordings") as advance:
        for recording in recordings.recordings:
            try:
                audio = read_audio(recording.path)
                windows = front_end.cut(audio)
                sounds[recording.recording_id] = audio.sha256()
                if windows.is_repeated:
                    findings.append(repeated(recording, audio.duration_s, front_end.duration_s))
            except AudioError as error:
                findings.append(unusable(recording, error))
            advance(1)
    return sounds, findings


def _usable(recordings: RecordingSet, sounds: Mapping[str, str], findings: Sequence[Finding]) -> RecordingSet:
    """Return the data set without the recordings that could not be read."""
    kept = tuple(r for r in recordings.recordings if r.recording_id in sounds)
    if not kept:
        first = f" The first: {findings[0].detail}" if findings else ""
        raise DataError(f"None of the {len(recordings.recordings)} recordings can be used.{first}")
    return replace(recordings, recordings=kept)


def _identical(recordings: RecordingSet, sounds: Mapping[str, str]) -> list[Finding]:
    """Return a finding for each sound that stands under several recordings."""
    by_sound: dict[str, list[str]] = {}
    for recording in recordings.recordings:
        by_sound.setdefault(sounds[recording.recording_id], []).append(recording.recording_id)
    return [
        Finding("identical", ", ".join(ids), "The sound is the same under all of these names; all are used.")
        for ids in by_sound.values()
        if len(ids) > 1
    ]
