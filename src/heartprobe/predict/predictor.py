"""An opened model that answers about patients."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.bundle.folder import Bundle, read_bundle
from heartprobe.bundle.shipped_models import NORMAL_ABNORMAL, model_folder
from heartprobe.data.recordings import Demographics
from heartprobe.decisions.prediction import PatientPrediction
from heartprobe.errors import ConfigError
from heartprobe.features.in_order import in_order
from heartprobe.predict.answering import Answering
from heartprobe.predict.given import GivenPatient, one_patient
from heartprobe.predict.hearing import Hearing
from heartprobe.predict.opening import Opened, front_end_of, open_model
from heartprobe.predict.waiting import Waiting
from heartprobe.predict.window_model import Runtime, WindowModel
from heartprobe.progress import Progress, SilentProgress
from heartprobe.signal.front_end import FrontEnd

#: Recordings of one patient: four valve areas, lying and sitting.
MAX_RECORDINGS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """An opened model and everything around it; several threads may ask it at once.

    It may be used as a context, which closes it. One that is not closed ends with the program.
    """

    bundle: Bundle
    front_end: FrontEnd
    _opened: Opened

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        encoder: str | None = None,
        device: str = "auto",
        runtime: Runtime = "torch",
        workers: int | None = None,
    ) -> Self:
        """Open a bundle.

        Args:
            folder: The model folder.
            encoder: Where its encoder is now, if not where the bundle says.
            device: `"auto"`, `"cpu"`, `"cuda"` or `"mps"`.
            runtime: `"torch"`, or `"onnx"` for a folder that `heartprobe export` wrote; that one imports neither
                torch nor transformers.
            workers: Windows that are encoded at once on the processor; by default one per core.

        Raises:
            BundleError: If the bundle is damaged, or the encoder is another than it was trained with.
            ConfigError: If there is no such device or runtime.
            EncoderError: If the encoder cannot be loaded.
        """
        bundle = read_bundle(folder)
        return cls(bundle, front_end_of(bundle), open_model(bundle, runtime, encoder, device, workers))

    def close(self) -> None:
        """End the threads of the model; nothing can be predicted any more."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def model(self) -> WindowModel:
        """What turns windows into probabilities."""
        return self._opened.model

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of all answers."""
        return self.bundle.manifest.labels

    @property
    def demographic_fields(self) -> tuple[str, ...]:
        """What the model uses beside the sound."""
        return tuple((self.bundle.manifest.demographics or {}).get("fields", ()))

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
        """Predict one patient from their recordings; a note says so where their names are hardly those of one person.

        Args:
            files: One or more audio files of the same person. A name that ends with a position, such as
                `..._sup_Mit.wav`, tells the model where the recording was made.
            demographics: What the model may use beside the sound.
            uses_poor: Whether recordings of disqualifying quality take part, too, as they do in training.
            progress: Told of every recording.

        Raises:
            ConfigError: If no file is given or more than eight, or the model needs demographics that are not given.
        """
        if not files:
            raise ConfigError("No recording is given; name one audio file or more.")
        given = one_patient(files, demographics)
        if refusal := self.refusal(given):
            raise ConfigError(refusal)
        listener = progress or SilentProgress()
        with (
            listener.task(f"Listening with {self.bundle.manifest.encoder.name}", len(files), "recordings") as advance,
            closing(self.predict_each([given], uses_poor=uses_poor)) as predictions,
        ):
            prediction = next(predictions)
            advance(len(files))
        return prediction

    def predict_each(
        self, patients: Iterable[GivenPatient], *, uses_poor: bool = False
    ) -> Generator[PatientPrediction, None, None]:
        """Yield what is said of each patient, in their order, holding only a few recordings at a time.

        Patients are taken as they are needed, so there may be any number of them. One about whom
        nothing can be said, because there are too many recordings or a lack of demographics, is
        answered with a `problem`. Whoever does not take all answers must close the iterator.

        Args:
            patients: With at least one recording each.
            uses_poor: Whether recordings of disqualifying quality take part, too, as they do in training.
        """
        n_at_once = self._opened.n_at_once
        hearing = Hearing(self.front_end, self.model, n_at_once, uses_poor)
        answering = Answering(self.bundle.manifest.decision, self.front_end, uses_poor)
        waiting = Waiting(self.refusal)
        # Some more than the model works on, so that the next windows are ready when it is.
        readers = ThreadPoolExecutor(2 * n_at_once)
        try:
            each = in_order(readers, hearing, waiting.recordings(patients), ahead=4 * n_at_once)
            for given, recordings, refusal in waiting.complete(each):
                if refusal is not None:
                    yield PatientPrediction((), (), patient_id=given.patient_id, problem=refusal)
                else:
                    yield answering.about(given, recordings)
        finally:
            hearing.is_stopped.set()
            readers.shutdown(cancel_futures=True)

    def recording_probabilities(self, audio: Audio, demographics: Demographics | None = None) -> NDArray[np.float64]:
        """Return the probability that each label is 1 in one recording, `(labels,)`, uncalibrated.

        Its quality is not looked at.

        Args:
            audio: The sound.
            demographics: What the model may use beside the sound.

        Raises:
            AudioError: If nothing is left of the sound after cleaning.
            ConfigError: If the model needs demographics that are not given.
        """
        known = demographics or Demographics()
        if refusal := self._lack(known):
            raise ConfigError(refusal)
        windows = self.front_end.cut(audio)
        return np.asarray(self.model.probabilities(windows.samples, known).mean(axis=0))

    def refusal(self, given: GivenPatient) -> str | None:
        """Return why nothing can be said of a patient, or `None`."""
        n_recordings = len(given.recordings)
        if n_recordings > MAX_RECORDINGS:
            return (
                f"{n_recordings} recordings are given, but a patient has at most {MAX_RECORDINGS}, one for each "
                "position. Predict one patient at a time, or say how files belong to patients with --group-by."
            )
        return self._lack(given.demographics)

    def _lack(self, demographics: Demographics) -> str | None:
        missing = [name for name in self.demographic_fields if getattr(demographics, name) is None]
        if not missing:
            return None
        options = ", ".join(f"--{name}" for name in missing)
        return f"This model uses {', '.join(missing)} beside the sound; give {options}."
