"""What a server computes: predictions with beats, and explanations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from threading import Event
from typing import Any

from heartprobe.audio import decode_audio
from heartprobe.bundle.folder import MANIFEST
from heartprobe.data.recordings import Demographics
from heartprobe.decisions.prediction import PatientPrediction
from heartprobe.explain import explain
from heartprobe.predict import GivenPatient, Predictor
from heartprobe.progress import Advance
from heartprobe.server.errors import ClientGoneError
from heartprobe.server.form_parts import Upload
from heartprobe.server.memory import Room
from heartprobe.server.metrics import Metrics
from heartprobe.server.micro_batches import MicroBatches
from heartprobe.server.settings import Settings
from heartprobe.server.sounds import UploadedRecording, beats_of

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class PredictionTask:
    """One patient who is to be predicted.

    Attributes:
        recordings: What was uploaded of the patient.
        demographics: What is known of the patient beside the sound.
        uses_poor: Whether recordings of disqualifying quality take part, too.
    """

    recordings: tuple[UploadedRecording, ...]
    demographics: Demographics = field(default_factory=Demographics)
    uses_poor: bool = False

    @property
    def patient(self) -> GivenPatient:
        """Whom the model is asked about."""
        return GivenPatient("patient", self.recordings, self.demographics, is_guessed=True)


@dataclass(frozen=True, slots=True, eq=False)
class ExplanationTask:
    """One recording in which a label is to be explained; `given_up` ends it when nobody waits any more."""

    upload: Upload
    label: str
    demographics: Demographics
    given_up: Event = field(default_factory=Event)


class Service:
    """A model with its threads, and what all requests share.

    Attributes:
        predictor: The model.
        settings: What requests may ask for.
        model_id: The first 16 digits of the SHA-256 of `bundle.json`.
        metrics: What is counted.
        room: For the bodies of requests.
        predictions: Patients who wait.
        explanations: Explanations that wait; in a thread of their own, because they take long.
        in_flight: Requests that are being answered.
        is_stopping: Whether new requests are refused.
    """

    def __init__(self, predictor: Predictor, settings: Settings) -> None:
        self.predictor = predictor
        self.settings = settings
        self.model_id = hashlib.sha256((predictor.bundle.folder / MANIFEST).read_bytes()).hexdigest()[:16]
        self.metrics = Metrics()
        limits = settings.limits
        self.room = Room(round(limits.held_mb * 1_000_000))
        self.predictions = MicroBatches[PredictionTask, Answer](
            self.predict,
            places=limits.queue,
            at_most=limits.batch,
            heaviest=limits.decoded_samples,
            observe=self.metrics.batch_size.observe,
        )
        self.explanations = MicroBatches[ExplanationTask, Answer](
            self.explain, places=limits.explanations, at_most=1, name="heartprobe-explanations"
        )
        self.metrics.watch(lambda: len(self.predictions), lambda: self.room.held)
        self.in_flight = 0
        self.is_stopping = False

    @property
    def is_ready(self) -> bool:
        """Whether a prediction would be made."""
        return self.predictions.is_alive and not self.is_stopping

    def end(self) -> None:
        """End the threads."""
        self.predictions.end(wait_s=5.0)
        self.explanations.end(wait_s=5.0)

    def predict(self, tasks: Sequence[PredictionTask]) -> Iterator[Answer]:
        """Yield what is said of each patient, in their order, as soon as it is known.

        Neighbours who agree in `uses_poor` are predicted in one go.
        """
        for uses_poor, group in groupby(tasks, key=lambda task: task.uses_poor):
            together = list(group)
            patients = [task.patient for task in together]
            with closing(self.predictor.predict_each(patients, uses_poor=uses_poor)) as predictions:
                for task, prediction in zip(together, predictions, strict=True):
                    yield self._answer(task, prediction)

    def explain(self, tasks: Sequence[ExplanationTask]) -> Iterator[Answer]:
        """Yield which moments and frequencies of each recording spoke for its label."""
        for task in tasks:
            audio = decode_audio(task.upload.content, task.upload.name)
            until = _UntilGivenUp(task.given_up)
            yield explain(self.predictor, audio, task.label, task.demographics, progress=until).as_dict()

    def _answer(self, task: PredictionTask, prediction: PatientPrediction) -> Answer:
        """Return a prediction as plain values, with the beats of each recording; and count the recordings."""
        answer = prediction.as_dict()
        of_each = zip(task.recordings, prediction.recordings, answer["recordings"], strict=True)
        for given, heard, recording in of_each:
            recording["beats_s"] = beats_of(given, heard)
            given.forget()
            self.metrics.recordings.labels("used" if heard.problem is None else "left out").inc()
        return answer


@dataclass(frozen=True, slots=True)
class _UntilGivenUp:
    """A listener to long work that ends it when nobody waits for it."""

    given_up: Event

    @contextmanager
    def task(self, description: str, total: int | None, unit: str) -> Iterator[Advance]:  # noqa: ARG002
        yield self._advance

    def note(self, text: str) -> None:
        pass

    def _advance(self, _: int) -> None:
        if self.given_up.is_set():
            raise ClientGoneError
