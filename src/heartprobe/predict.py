"""A trained model on new recordings of one patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch

from heartprobe.bundle.folder import ENCODER, Bundle, read_bundle
from heartprobe.data.recordings import Demographics, Patient, Recording
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import BundleError, ConfigError
from heartprobe.evaluation.aggregate import patient_probabilities, recording_probabilities
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.devices import resolve_device
from heartprobe.features.extract import extract
from heartprobe.features.recipe import Recipe
from heartprobe.models.head import Head
from heartprobe.models.load import load_head
from heartprobe.progress import Progress
from heartprobe.signal.front_end import FrontEnd

#: Recordings of one patient: four valve areas, lying and sitting.
MAX_RECORDINGS: Final = 8


@dataclass(frozen=True, slots=True)
class RecordingPrediction:
    """What was heard in one recording.

    Attributes:
        name: File name.
        probabilities: P(label = 1) for each label; empty where the recording could not be used.
        finding: Why the recording could not be used, or `None`.
    """

    name: str
    probabilities: tuple[float, ...]
    finding: str | None


@dataclass(frozen=True, slots=True)
class PatientPrediction:
    """What was heard in all recordings of one patient.

    Attributes:
        labels: The labels, in the order of all probabilities.
        probabilities: Of the patient; `None` where no recording could be used.
        decisions: Which labels are declared present; empty where there are no probabilities.
        recordings: In the order of the files.
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...] | None
    decisions: tuple[bool, ...]
    recordings: tuple[RecordingPrediction, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with probabilities by label."""
        patient = None
        if self.probabilities is not None:
            patient = {
                label: {"probability": probability, "present": decision}
                for label, probability, decision in zip(self.labels, self.probabilities, self.decisions, strict=True)
            }
        return {
            "patient": patient,
            "recordings": [
                {
                    "name": recording.name,
                    "probabilities": dict(zip(self.labels, recording.probabilities, strict=True)) or None
                    if recording.finding is None
                    else None,
                    "finding": recording.finding,
                }
                for recording in self.recordings
            ],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """An opened model: encoder, head and everything between."""

    bundle: Bundle
    encoder: Encoder
    head: Head
    demographics: DemographicsEncoder | None
    recipe: Recipe
    device: torch.device

    @classmethod
    def open(cls, folder: Path, *, encoder: str | None = None, device: str = "auto") -> Self:
        """Open a bundle.

        Args:
            folder: The model folder.
            encoder: Where its encoder is now, if not where the bundle says.
            device: `"auto"`, `"cpu"`, `"cuda"` or `"mps"`.

        Raises:
            BundleError: If the bundle is damaged, or the encoder is another than it was trained with.
            EncoderError: If the encoder cannot be loaded.
        """
        bundle = read_bundle(folder)
        manifest = bundle.manifest
        head = load_head(manifest.head, bundle.tensors)
        loaded = _load_encoder(bundle, encoder)
        _check(bundle, head, loaded)
        return cls(
            bundle=bundle,
            encoder=loaded,
            head=head,
            demographics=DemographicsEncoder.from_dict(manifest.demographics) if manifest.demographics else None,
            recipe=Recipe.of(_front_end(bundle), loaded.info, manifest.precision),
            device=resolve_device(device),
        )

    def predict(
        self, files: Sequence[Path], *, demographics: Demographics | None = None, progress: Progress
    ) -> PatientPrediction:
        """Predict one patient from their recordings.

        Args:
            files: One or more audio files of the same person.
            demographics: What the model may use beside the sound.
            progress: Told of every recording.

        Raises:
            ConfigError: If no file is given or more than eight, or the model needs demographics that are not given.
        """
        if not files:
            raise ConfigError("No recording is given; name one audio file or more.")
        if len(files) > MAX_RECORDINGS:
            raise ConfigError(
                f"{len(files)} recordings are given, but a patient has at most {MAX_RECORDINGS}, one for each "
                "position. Predict one patient at a time."
            )
        patient = Patient("patient", {}, demographics or Demographics())
        recordings = [Recording(str(index), "patient", path) for index, path in enumerate(files)]
        table = extract(recordings, self.encoder, self.recipe, None, device=self.device, progress=progress)
        why = {finding.subject: finding.detail for finding in table.findings if finding.is_problem}
        features = table.layer(self.bundle.manifest.layer)
        if self.demographics is not None:
            _require(self.demographics.fields, patient.demographics)
            row = self.demographics.transform([patient])
            features = np.concatenate([features, np.repeat(row, len(features), axis=0)], axis=1)
        ids, values = recording_probabilities(self.head.probabilities(features), table.recording_ids)
        by_id = {identity: tuple(float(p) for p in row) for identity, row in zip(ids, values, strict=True)}
        heard = tuple(
            RecordingPrediction(r.path.name, by_id.get(r.recording_id, ()), why.get(r.recording_id)) for r in recordings
        )
        return self._patient(values, heard)

    def _patient(
        self, values: np.ndarray[Any, np.dtype[np.float64]], heard: tuple[RecordingPrediction, ...]
    ) -> PatientPrediction:
        manifest = self.bundle.manifest
        if not len(values):
            return PatientPrediction(manifest.labels, None, (), heard)
        one = ["patient"] * len(values)
        _, (fused,) = patient_probabilities(values, one, manifest.labels, manifest.patient_rule)
        probabilities = tuple(float(p) for p in fused)
        decisions = tuple(p >= manifest.threshold for p in probabilities)
        return PatientPrediction(manifest.labels, probabilities, decisions, heard)


def _load_encoder(bundle: Bundle, given: str | None) -> Encoder:
    reference = bundle.manifest.encoder
    if given is None and reference.source == "bundle":
        given = str(bundle.folder / ENCODER)
    revision = reference.revision if given is None and "/" in reference.source else None
    if given is None and Path(reference.source).is_absolute() and not Path(reference.source).is_dir():
        raise BundleError(
            f"The model folder {bundle.folder} was trained with the encoder at {reference.source}, which is not "
            "there. Say where it is now with --encoder DIR."
        )
    encoder = load_encoder(given or reference.source, revision=revision)
    if encoder.info.fingerprint != reference.fingerprint:
        raise BundleError(
            f"The encoder {encoder.info.source} is not the one that {bundle.folder} was trained with "
            f"({reference.name}, revision {reference.revision}): their fingerprints differ. Name the right one with "
            "--encoder."
        )
    return encoder


def _check(bundle: Bundle, head: Head, encoder: Encoder) -> None:
    """Refuse a description that contradicts the weights."""
    manifest = bundle.manifest
    if manifest.labels != head.labels or manifest.layer >= encoder.info.n_layers:
        raise BundleError(
            f"{bundle.folder / 'bundle.json'} does not fit the model: labels {', '.join(manifest.labels)} and layer "
            f"{manifest.layer}, but the head predicts {', '.join(head.labels)} and {encoder.info.name} has the layers "
            f"0 to {encoder.info.n_layers - 1}. Take the folder from its source again."
        )


def _front_end(bundle: Bundle) -> FrontEnd:
    try:
        return FrontEnd(**bundle.manifest.front_end)
    except (TypeError, ConfigError) as error:
        raise BundleError(
            f"{bundle.folder / 'bundle.json'}: front_end cannot be used: {error}. "
            "Take the folder from its source again."
        ) from None


def _require(fields: Sequence[str], demographics: Demographics) -> None:
    missing = [field for field in fields if getattr(demographics, field) is None]
    if missing:
        options = ", ".join(f"--{field}" for field in missing)
        raise ConfigError(f"This model uses {', '.join(missing)} beside the sound; give {options}.")
