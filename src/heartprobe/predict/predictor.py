"""An opened model that answers about patients."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final, Self

import torch

from heartprobe.bundle.folder import Bundle, read_bundle
from heartprobe.bundle.shipped_models import NORMAL_ABNORMAL, model_folder
from heartprobe.data.bmd_hs import position_of
from heartprobe.data.recordings import Demographics, Recording
from heartprobe.decisions.prediction import PatientPrediction
from heartprobe.encoders.protocol import Encoder
from heartprobe.errors import ConfigError
from heartprobe.features.demographics import DemographicsEncoder
from heartprobe.features.devices import resolve_device
from heartprobe.features.extract import Extracted, extract_each
from heartprobe.features.recipe import Recipe
from heartprobe.models.load import load_head
from heartprobe.models.window_classifier import WindowClassifier
from heartprobe.predict.answering import Answering
from heartprobe.predict.given import GivenPatient, GivenRecording
from heartprobe.predict.listening import Listener
from heartprobe.predict.opening import check_fit, encoder_of, front_end_of
from heartprobe.progress import Progress, SilentProgress

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
        loaded = encoder_of(bundle, encoder)
        check_fit(bundle, head, loaded)
        demographics = DemographicsEncoder.from_dict(manifest.demographics) if manifest.demographics else None
        return cls(
            bundle=bundle,
            encoder=loaded,
            classifier=WindowClassifier(head, manifest.layer, demographics),
            recipe=Recipe.of(front_end_of(bundle), loaded.info, manifest.precision),
            device=resolve_device(device),
        )

    @classmethod
    def shipped(cls) -> Self:
        """Open the normal/abnormal model that comes with heartprobe; read its card before you believe it."""
        return cls.open(model_folder(NORMAL_ABNORMAL))

    def predict(
        self,
        files: Sequence[Path],
        *,
        demographics: Demographics | None = None,
        uses_poor: bool = False,
        progress: Progress | None = None,
    ) -> PatientPrediction:
        """Predict one patient from their recordings.

        Args:
            files: One or more audio files of the same person. A name that ends with a position, such as
                `..._sup_Mit.wav`, tells the model where the recording was made.
            demographics: What the model may use beside the sound.
            uses_poor: Whether recordings of disqualifying quality take part, too.
            progress: Told of every recording.

        Raises:
            ConfigError: If no file is given or more than eight, or the model needs demographics that are not given.
        """
        if not files:
            raise ConfigError("No recording is given; name one audio file or more.")
        given = GivenPatient(
            "patient",
            tuple(GivenRecording(path, path.name, position_of(path.stem)) for path in files),
            demographics or Demographics(),
        )
        if refusal := self.refusal(given):
            raise ConfigError(refusal)
        listener = progress or SilentProgress()
        with (
            listener.task(f"Features of {self.encoder.info.name}", len(files), "recordings") as advance,
            closing(self.predict_each([given], uses_poor=uses_poor)) as predictions,
        ):
            prediction = next(predictions)
            advance(len(files))
        return prediction

    def predict_each(
        self, patients: Iterable[GivenPatient], *, uses_poor: bool = False, workers: int | None = None
    ) -> Generator[PatientPrediction, None, None]:
        """Yield what is said of each patient, in their order, holding only a few recordings at a time.

        Patients are taken as they are needed, so there may be any number of them. One about whom
        nothing can be said, because there are too many recordings or a lack of demographics, is
        answered with a `problem`. Whoever does not take all answers must close the iterator.

        Args:
            patients: With at least one recording each.
            uses_poor: Whether recordings of disqualifying quality take part, too.
            workers: Windows that are encoded at once on the processor; by default one per core.
        """
        hearing = _Hearing(self)
        listener = Listener(uses_poor)
        answering = Answering(self.classifier, self.bundle.manifest.decision, self.encoder, self.recipe)
        recordings = hearing.recordings(patients)
        with closing(
            extract_each(
                recordings,
                self.encoder,
                self.recipe,
                None,
                device=self.device,
                workers=workers,
                listen=listener,
            )
        ) as extracted:
            for given, outcomes, refusal in hearing.complete(extracted):
                if refusal is not None:
                    yield PatientPrediction((), (), patient_id=given.patient_id, problem=refusal)
                else:
                    heard = [listener.take(outcome.recording) for outcome in outcomes]
                    yield answering.about(given, outcomes, heard)

    def refusal(self, given: GivenPatient) -> str | None:
        """Return why nothing can be said of a patient, or `None`."""
        n_recordings = len(given.recordings)
        if n_recordings > MAX_RECORDINGS:
            return (
                f"{n_recordings} recordings are given, but a patient has at most {MAX_RECORDINGS}, one for each "
                "position. Predict one patient at a time, or say how files belong to patients with --group-by."
            )
        fields = self.classifier.demographics.fields if self.classifier.demographics is not None else ()
        missing = [name for name in fields if getattr(given.demographics, name) is None]
        if missing:
            options = ", ".join(f"--{name}" for name in missing)
            return f"This model uses {', '.join(missing)} beside the sound; give {options}."
        return None


@dataclass(slots=True, eq=False)
class _Hearing:
    """Turns patients into a stream of recordings, and what became of these back into patients."""

    predictor: Predictor
    waiting: deque[tuple[GivenPatient, str | None]] = field(default_factory=deque)

    def recordings(self, patients: Iterable[GivenPatient]) -> Iterator[Recording]:
        """Yield the recordings of all who are not refused, under ids of their own."""
        numbers = count()
        for given in patients:
            refusal = self.predictor.refusal(given)
            self.waiting.append((given, refusal))
            if refusal is None:
                for recording in given.recordings:
                    yield Recording(str(next(numbers)), given.patient_id, recording.path, recording.position)

    def complete(
        self, extracted: Iterable[Extracted]
    ) -> Iterator[tuple[GivenPatient, Sequence[Extracted], str | None]]:
        """Yield each patient as soon as all recordings are there."""
        outcomes: list[Extracted] = []
        for outcome in extracted:
            yield from self._refused()
            outcomes.append(outcome)
            given, _ = self.waiting[0]
            if len(outcomes) == len(given.recordings):
                self.waiting.popleft()
                yield given, outcomes, None
                outcomes = []
        yield from self._refused()

    def _refused(self) -> Iterator[tuple[GivenPatient, Sequence[Extracted], str | None]]:
        while self.waiting and self.waiting[0][1] is not None:
            given, refusal = self.waiting.popleft()
            yield given, (), refusal
