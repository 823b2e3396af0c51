"""Everybody in an archive, one patient after the other; what is done is not done again."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from heartprobe.bundle.folder import MANIFEST
from heartprobe.predict.given import GivenPatient
from heartprobe.predict.predictor import Predictor
from heartprobe.predict.results import Results, result_key


def predict_archive(
    predictor: Predictor,
    patients: Iterable[GivenPatient],
    results: Results,
    *,
    uses_poor: bool = False,
) -> Generator[dict[str, Any], None, None]:
    """Yield the result of each patient, in their order, when it stands in the results file.

    What stands there already is taken from it. In memory are the recordings in work and the key of
    every patient, never their results. When all are done the file is put into the patients' order.

    Args:
        predictor: The model.
        patients: Taken as they are needed.
        results: An opened results file.
        uses_poor: Whether recordings of disqualifying quality take part, too.

    Yields:
        What `PatientPrediction.as_dict` returns.
    """
    model = hashlib.sha256((predictor.bundle.folder / MANIFEST).read_bytes()).hexdigest()
    queue = _Queue(patients, results, model, {"uses_poor": uses_poor})
    with closing(predictor.predict_each(queue.unknown(), uses_poor=uses_poor)) as predictions:
        for prediction in predictions:
            yield from queue.known()
            key = queue.next_key()
            result = prediction.as_dict()
            results.add(key, result)
            yield result
    yield from queue.known()
    results.finish(queue.keys)


@dataclass(slots=True, eq=False)
class _Queue:
    """Whose results are still to be given out, in order, and which of them are known."""

    patients: Iterable[GivenPatient]
    results: Results
    model: str
    settings: dict[str, Any]
    keys: list[str] = field(default_factory=list)
    _waiting: deque[tuple[str, bool]] = field(default_factory=deque)

    def unknown(self) -> Iterator[GivenPatient]:
        """Yield the patients who must be predicted, and note all."""
        for given in self.patients:
            key = result_key(given, self.model, self.settings)
            is_known = key in self.results
            self.keys.append(key)
            self._waiting.append((key, is_known))
            if not is_known:
                yield given

    def known(self) -> Iterator[dict[str, Any]]:
        """Yield the stored results of those who come before the next one who is predicted."""
        while self._waiting and self._waiting[0][1]:
            key, _ = self._waiting.popleft()
            result = self.results.find(key)
            if result is not None:
                yield {name: value for name, value in result.items() if name != "key"}

    def next_key(self) -> str:
        """Return the key of the patient who was predicted next."""
        return self._waiting.popleft()[0]
