"""From the features of one patient's recordings to what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heartprobe.data.recordings import Finding, Patient, RecordingSet
from heartprobe.decisions.decider import Decider
from heartprobe.decisions.prediction import (
    Answer,
    PatientPrediction,
    RecordingPrediction,
    WindowPrediction,
    each_answer,
)
from heartprobe.decisions.recorded import Recorded
from heartprobe.encoders.protocol import Encoder
from heartprobe.evaluation.predictions.window_probabilities import WindowProbabilities
from heartprobe.features.extract import Extracted, table_of
from heartprobe.features.recipe import Recipe
from heartprobe.features.table import FeatureTable
from heartprobe.models.window_classifier import WindowClassifier
from heartprobe.predict.given import GivenPatient, GivenRecording
from heartprobe.predict.listening import Heard
from heartprobe.signal.heart_rate import HeartRate


@dataclass(frozen=True, slots=True, eq=False)
class Answering:
    """Classifies windows, fuses recordings and decides."""

    classifier: WindowClassifier
    decider: Decider
    encoder: Encoder
    recipe: Recipe

    def about(
        self, given: GivenPatient, outcomes: Sequence[Extracted], heard: Sequence[Heard | None]
    ) -> PatientPrediction:
        """Return what is said of a patient.

        Args:
            given: Who.
            outcomes: What became of each recording, in their order.
            heard: What was noticed in each; `None` where it could not be read.
        """
        patient = Patient(given.patient_id, {}, given.demographics)
        recordings = tuple(outcome.recording for outcome in outcomes)
        known = RecordingSet("given", recordings, {patient.patient_id: patient})
        answers = self._answers(known, table_of(outcomes, self.encoder, self.recipe))
        return PatientPrediction(
            answers.of_patient,
            tuple(
                self._recording(recording, outcome, noticed, answers)
                for recording, outcome, noticed in zip(given.recordings, outcomes, heard, strict=True)
            ),
            patient_id=given.patient_id,
            heart_rate=_common_rate([one.quality.heart_rate for one in heard if one is not None]),
        )

    def _answers(self, known: RecordingSet, table: FeatureTable) -> _Answers:
        if not table.recording_ids:
            return _Answers((), {}, {})
        windows = WindowProbabilities(table.recording_ids, self.classifier.predict(table, known.patients))
        ids, probabilities = windows.of_recordings()
        names = self.decider.names
        of_recordings = each_answer(self.decider.recordings(probabilities), names)
        (of_patient,) = each_answer(self.decider.patients(probabilities, Recorded.of(ids, known)), names)
        # Nothing was chosen for windows: one is answered as a recording that says the same would be.
        of_windows = each_answer(self.decider.recordings(windows.probabilities), names)
        by_recording: dict[str, list[tuple[float, tuple[Answer, ...]]]] = {}
        for recording_id, start_s, answers in zip(table.recording_ids, table.starts_s, of_windows, strict=True):
            by_recording.setdefault(recording_id, []).append((float(start_s), answers))
        return _Answers(of_patient, dict(zip(ids, of_recordings, strict=True)), by_recording)

    def _recording(
        self, given: GivenRecording, outcome: Extracted, heard: Heard | None, answers: _Answers
    ) -> RecordingPrediction:
        recording_id = outcome.recording.recording_id
        finding = outcome.finding
        return RecordingPrediction(
            name=given.name,
            position=None if given.position is None else str(given.position),
            answers=answers.of_recordings.get(recording_id, ()),
            problem=finding.detail if finding is not None and finding.is_problem else None,
            windows=tuple(
                WindowPrediction(start_s, self._end_s(start_s, heard), of_window)
                for start_s, of_window in answers.of_windows.get(recording_id, ())
            ),
            findings=_findings(given, finding, heard),
            duration_s=None if heard is None else heard.duration_s,
            quality=None if heard is None else heard.quality,
        )

    def _end_s(self, start_s: float, heard: Heard | None) -> float:
        front_end = self.recipe.front_end
        duration_s = 0.0 if heard is None else heard.duration_s
        return duration_s if front_end.windows == "whole" else min(duration_s, start_s + front_end.duration_s)


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """About the patient, each recording and each of its windows; empty where no recording can be used."""

    of_patient: tuple[Answer, ...]
    of_recordings: dict[str, tuple[Answer, ...]]
    of_windows: dict[str, list[tuple[float, tuple[Answer, ...]]]]


def _findings(given: GivenRecording, finding: Finding | None, heard: Heard | None) -> tuple[Finding, ...]:
    """Return everything that is wrong or odd, each thing once, under the recording's name."""
    found = [] if finding is None else [Finding(finding.kind, given.name, finding.detail, finding.is_problem)]
    for one in () if heard is None else heard.quality.findings:
        detail = f"{given.path.name} {one.detail}"
        if finding is None or (finding.kind, finding.detail) != (one.kind, detail):
            found.append(Finding(one.kind, given.name, detail, one.is_disqualifying))
    return tuple(found)


def _common_rate(rates: Sequence[HeartRate]) -> HeartRate:
    """Return the median of the rates that were found; without one, the best confidence there was."""
    found = [rate for rate in rates if rate.bpm is not None]
    if not found:
        return HeartRate(None, max((rate.confidence for rate in rates), default=0.0))
    bpm = float(np.median([rate.bpm for rate in found if rate.bpm is not None]))
    return HeartRate(bpm, float(np.median([rate.confidence for rate in found])))
