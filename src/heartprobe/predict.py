"""A trained model on new recordings of one patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import torch

from heartprobe.bundle.folder import ENCODER, Bundle, read_bundle
from heartprobe.data.bmd_hs import position_of
from heartprobe.data.recordings import Demographics, Patient, Recording, RecordingSet
from heartprobe.decisions.prediction import Answer, PatientPrediction, RecordingPrediction, each_answer
from heartprobe.decisions.recorded import Recorded
from heartprobe.encoders.load import load_encoder
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import BundleError, ConfigError
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.devices import resolve_device
from heartprobe.features.extract import extract
from heartprobe.features.recipe import Recipe
from heartprobe.features.table import FeatureTable
from heartprobe.models.head import Head
from heartprobe.models.load import load_head
from heartprobe.models.window_classifier import WindowClassifier
from heartprobe.progress import Progress
from heartprobe.signal.front_end import FrontEnd

#: Recordings of one patient: four valve areas, lying and sitting.
MAX_RECORDINGS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """An opened model: encoder, classifier and everything between."""

    bundle: Bundle
    encoder: Encoder
    classifier: WindowClassifier
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
        demographics = DemographicsEncoder.from_dict(manifest.demographics) if manifest.demographics else None
        return cls(
            bundle=bundle,
            encoder=loaded,
            classifier=WindowClassifier(head, manifest.layer, demographics),
            recipe=Recipe.of(_front_end(bundle), loaded.info, manifest.precision),
            device=resolve_device(device),
        )

    def predict(
        self, files: Sequence[Path], *, demographics: Demographics | None = None, progress: Progress
    ) -> PatientPrediction:
        """Predict one patient from their recordings.

        Args:
            files: One or more audio files of the same person. A name that ends with a position, such as
                `..._sup_Mit.wav`, tells the model where the recording was made.
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
        if self.classifier.demographics is not None:
            _require(self.classifier.demographics.fields, patient.demographics)
        recordings = tuple(
            Recording(str(index), patient.patient_id, path, position_of(path.stem)) for index, path in enumerate(files)
        )
        table = extract(recordings, self.encoder, self.recipe, None, device=self.device, progress=progress)
        problems = {finding.subject: finding.detail for finding in table.findings if finding.is_problem}
        given = RecordingSet("given", recordings, {patient.patient_id: patient})
        of_recordings, of_patient = self._answers(given, table)
        heard = tuple(
            RecordingPrediction(
                name=recording.path.name,
                position=None if recording.position is None else str(recording.position),
                answers=of_recordings.get(recording.recording_id, ()),
                problem=problems.get(recording.recording_id),
            )
            for recording in recordings
        )
        return PatientPrediction(of_patient, heard)

    def _answers(
        self, given: RecordingSet, table: FeatureTable
    ) -> tuple[dict[str, tuple[Answer, ...]], tuple[Answer, ...]]:
        """Return the answers about the recordings that can be used, by id, and about the patient; none without any."""
        if not table.recording_ids:
            return {}, ()
        decider = self.bundle.manifest.decision
        windows = WindowProbabilities(table.recording_ids, self.classifier.predict(table, given.patients))
        ids, probabilities = windows.of_recordings()
        of_recordings = each_answer(decider.recordings(probabilities), decider.names)
        (of_patient,) = each_answer(decider.patients(probabilities, Recorded.of(ids, given)), decider.names)
        return dict(zip(ids, of_recordings, strict=True)), of_patient


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
    is_there = manifest.layer == "all" or manifest.layer < encoder.info.n_layers
    if manifest.labels != head.labels or not is_there:
        raise BundleError(
            f"{bundle.folder / 'bundle.json'} does not fit the model: labels {', '.join(manifest.labels)} and layer "
            f"{manifest.layer}, but the head predicts {', '.join(head.labels)} and {encoder.info.name} has the layers "
            f"0 to {encoder.info.n_layers - 1}. Take the folder from its source again."
        )
    if manifest.layer == "all" and head.kind != "linear":
        raise BundleError(
            f"{bundle.folder / 'bundle.json'} does not fit the model: a head of the kind {head.kind!r} cannot read "
            "all layers. Take the folder from its source again."
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
