"""Patients as a stream of recordings, and what was heard in these as patients again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from heartprobe.predict.given import GivenPatient, GivenRecording
from heartprobe.predict.hearing import Heard

_Complete = tuple[GivenPatient, Sequence[Heard], str | None]


@dataclass(slots=True, eq=False)
class Waiting:
    """The patients whose recordings are in work.

    Attributes:
        refusal: Returns why nothing can be said of a patient, or `None`.
    """

    refusal: Callable[[GivenPatient], str | None]
    _patients: deque[tuple[GivenPatient, str | None]] = field(default_factory=deque)

    def recordings(self, patients: Iterable[GivenPatient]) -> Iterator[tuple[GivenPatient, GivenRecording]]:
        """Yield the recordings of all who are not refused, with their patient."""
        for given in patients:
            refusal = self.refusal(given)
            self._patients.append((given, refusal))
            if refusal is None:
                for recording in given.recordings:
                    yield given, recording

    def complete(self, recordings: Iterable[Heard]) -> Iterator[_Complete]:
        """Yield each patient as soon as all recordings are there; one who is refused, with the reason."""
        heard: list[Heard] = []
        for recording in recordings:
            yield from self._refused()
            heard.append(recording)
            given, _ = self._patients[0]
            if len(heard) == len(given.recordings):
                self._patients.popleft()
                yield given, heard, None
                heard = []
        yield from self._refused()

    def _refused(self) -> Iterator[_Complete]:
        while self._patients and self._patients[0][1] is not None:
            given, refusal = self._patients.popleft()
            yield given, (), refusal
