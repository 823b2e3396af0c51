"""From what was heard in one patient's recordings to what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from heartprobe.decisions.answer import Answer, each_answer
from heartprobe.decisions.decider import Decider
from heartprobe.decisions.fusion import is_by_agreement
from heartprobe.decisions.prediction import PatientPrediction, RecordingPrediction, WindowPrediction
from heartprobe.decisions.recorded import Recorded
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.predict.given import GivenPatient, GivenRecording
from heartprobe.predict.hearing import Heard, HeardWindows, each_sound_once
from heartprobe.predict.one_person import doubts_about_one_person
from heartprobe.signal.front_end import FrontEnd
from heartprobe.signal.heart_rate import HeartRate

_OF_SINGLES: Final = (
    "The patient's probability is calibrated as that of one recording, as all patients of validation had one. Several "
    "say more, so it lies nearer to the middle than it should, and the answer is uncertain more often."
)


@dataclass(frozen=True, slots=True, eq=False)
class Answering:
    """Fuses recordings and decides.

    Attributes:
        decider: What the model's validation patients decided on.
        front_end: What cut the recordings into windows.
        uses_poor: Whether what disqualifies a recording is reported, but does not keep it out.
    """

    decider: Decider
    front_end: FrontEnd
    uses_poor: bool

    def about(self, given: GivenPatient, recordings: Sequence[Heard]) -> PatientPrediction:
        """Return what is said of a patient.

        Args:
            given: Who.
            recordings: What was heard in each recording, in their order.
        """
        heard = each_sound_once(recordings, uses_poor=self.uses_poor)
        used = [(one, one.windows) for one in heard if one.windows is not None]
        of_patient, of_recordings = self._answers(given.patient_id, used)
        of_each = iter(of_recordings)
        return PatientPrediction(
            of_patient,
            problem=_why_nothing(heard) if not used else None,
            notes=self._notes(given, [one.given for one, _ in used]),
            recordings=tuple(self._recording(one, () if one.windows is None else next(of_each)) for one in heard),
            patient_id=given.patient_id,
            heart_rate=_common_rate([one.quality.heart_rate for one in heard if one.quality is not None]),
        )

    def _notes(self, given: GivenPatient, used: Sequence[GivenRecording]) -> tuple[str, ...]:
        """Return what is to be known of an answer about a patient, from the recordings that could be used."""
        doubts = doubts_about_one_person(used) if given.is_guessed else ()
        is_of_singles = self.decider.recordings_per_patient == 1 and is_by_agreement(self.decider.patient_rule)
        return (*doubts, _OF_SINGLES) if is_of_singles and len(used) > 1 else doubts

    def _answers(
        self, patient_id: str, used: Sequence[tuple[Heard, HeardWindows]]
    ) -> tuple[tuple[Answer, ...], list[tuple[Answer, ...]]]:
        """Return what is said of the patient and of each recording that is used."""
        if not used:
            return (), []
        ids = [str(i) for i, (_, windows) in enumerate(used) for _ in windows.starts_s]
        heard = WindowProbabilities(tuple(ids), np.concatenate([windows.probabilities for _, windows in used]))
        _, probabilities = heard.of_recordings()
        positions = tuple(None if one.given.position is None else str(one.given.position) for one, _ in used)
        recorded = Recorded((patient_id,) * len(used), positions)
        (of_patient,) = each_answer(self.decider.patients(probabilities, recorded), self.decider.names)
        return of_patient, each_answer(self.decider.recordings(probabilities), self.decider.names)

    def _recording(self, heard: Heard, answers: tuple[Answer, ...]) -> RecordingPrediction:
        given = heard.given
        return RecordingPrediction(
            name=given.name,
            position=None if given.position is None else str(given.position),
            answers=answers,
            problem=heard.problem,
            windows=self._windows(heard),
            findings=heard.findings,
            duration_s=heard.duration_s,
            quality=heard.quality,
        )

    def _windows(self, heard: Heard) -> tuple[WindowPrediction, ...]:
        if heard.windows is None or heard.duration_s is None:
            return ()
        # Nothing was chosen for windows: one is answered as a recording that says the same would be.
        answers = each_answer(self.decider.recordings(heard.windows.probabilities), self.decider.names)
        starts_s = [float(start_s) for start_s in heard.windows.starts_s]
        ends_s = [self._end_s(start_s, heard.duration_s) for start_s in starts_s]
        return tuple(map(WindowPrediction, starts_s, ends_s, answers))

    def _end_s(self, start_s: float, duration_s: float) -> float:
        if self.front_end.windows == "whole":
            return duration_s
        return min(duration_s, start_s + self.front_end.duration_s)


def _why_nothing(recordings: Sequence[Heard]) -> str:
    """Return why nothing is said of a patient of whom no recording can be used."""
    problems = [one.problem for one in recordings if one.problem is not None]
    if len(problems) == 1:
        return f"The only recording could not be used: {problems[0]}"
    return f"None of the {len(problems)} recordings could be used; of the first: {problems[0]}"


def _common_rate(rates: Sequence[HeartRate]) -> HeartRate:
    """Return the median of the rates that were found; without one, the best confidence there was."""
    found = [rate for rate in rates if rate.bpm is not None]
    if not found:
        return HeartRate(None, max((rate.confidence for rate in rates), default=0.0))
    bpm = float(np.median([rate.bpm for rate in found if rate.bpm is not None]))
    return HeartRate(bpm, float(np.median([rate.confidence for rate in found])))
