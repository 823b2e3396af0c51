"""Training the encoder together with a head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heartprobe.audio import read_audio
from heartprobe.config.schema import Config, DemographicField
from heartprobe.data.identical import identical_findings
from heartprobe.data.recordings import Finding, RecordingSet, unusable
from heartprobe.data.split import Split
from heartprobe.encoders.save import save_encoder
from heartprobe.errors import AudioError
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.features.encoder_windows import resolve_front_end
from heartprobe.features.extract import repeated
from heartprobe.machine import Machine
from heartprobe.progress import Progress
from heartprobe.signal.front_end import FrontEnd
from heartprobe.training.opened import Opened, open_encoder, recipe_of, usable_recordings
from heartprobe.training.trained_model import TrainedModel


@dataclass(eq=False)
class FineTuneTrainer(Opened):
    """Trains the encoder together with a head."""

    @classmethod
    def open(cls, config: Config, recordings: RecordingSet, machine: Machine, progress: Progress) -> FineTuneTrainer:
        """Load the encoder and read every recording once."""
        encoder, device = open_encoder(config, machine)
        front_end, notes = resolve_front_end(config.audio, encoder.info)
        for note in notes:
            progress.note(note)
        sounds, findings = _read_all(recordings, front_end, progress)
        usable = usable_recordings(recordings, sounds, findings)
        findings += identical_findings(usable, sounds)
        recipes = (recipe_of(front_end, encoder, config, device),)
        return cls(config, usable, sounds, findings, notes, encoder, recipes, device)

    def fit(self, split: Split, work_folder: Path, progress: Progress) -> TrainedModel:
        """Fine-tune on the training part, stop early on the validation part."""
        # Importing transformers' Trainer takes seconds that a probe need not pay for.
        from heartprobe.training.fine_tuning import fine_tune

        (recipe,) = self.recipes
        tuned = fine_tune(
            self.recordings,
            self.encoder,
            recipe.front_end,
            split,
            self.config,
            device=self.device,
            work_folder=work_folder,
            progress=progress,
        )

        def predict(patient_ids: Sequence[str]) -> WindowProbabilities:
            heard = tuned.predict(self.recordings.of_patients(patient_ids), device=self.device, progress=progress)
            return WindowProbabilities(heard.recording_ids, heard.probabilities)

        return TrainedModel.of(
            tuned.classifier,
            recipe,
            predict=predict,
            validation=predict(split.validation),
            chosen=tuned.chosen,
            save_encoder=lambda folder: save_encoder(tuned.encoder, folder),
        )

    def companion(
        self,
        model: TrainedModel,  # noqa: ARG002
        demographics: Sequence[DemographicField],  # noqa: ARG002
        split: Split,  # noqa: ARG002
        progress: Progress,  # noqa: ARG002
    ) -> None:
        """Return `None`: with other demographics, the encoder would have to be trained anew."""
        return

    def site_probe(self, model: TrainedModel, *, seed: int, draws: int) -> dict[str, Any]:  # noqa: ARG002
        """Return the reason why there is none: every split has another encoder, whose features are not stored."""
        return {"reason": "the encoder was fine-tuned, and its features are not stored"}


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
