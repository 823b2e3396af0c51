"""From a recording to what a model heard in each of its windows, and everything that is odd about it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.recordings import Demographics, Finding
from heartprobe.errors import AudioError
from heartprobe.predict.given import GivenPatient, GivenRecording
from heartprobe.predict.window_model import WindowModel
from heartprobe.signal.front_end import FrontEnd
from heartprobe.signal.quality import Quality, assess


@dataclass(frozen=True, slots=True, eq=False)
class HeardWindows:
    """What a model heard in the windows of a recording.

    Attributes:
        starts_s: `(windows,)`, seconds of the recording.
        probabilities: P(label = 1), uncalibrated, `(windows, labels)`.
    """

    starts_s: NDArray[np.float64]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What became of one recording.

    Attributes:
        given: Which one.
        sound: `Audio.sha256()`; `None` where it could not be read.
        duration_s: Its length; `None` where it could not be read.
        quality: What it is like; `None` where it could not be read.
        findings: What is wrong or odd about it, why it cannot be used first.
        problem: Why it cannot be used, or `None`.
        windows: What was heard; `None` where it cannot be used.
    """

    given: GivenRecording
    sound: str | None = None
    duration_s: float | None = None
    quality: Quality | None = None
    findings: tuple[Finding, ...] = ()
    problem: str | None = None
    windows: HeardWindows | None = None

    def found(self, kind: str, detail: str) -> Heard:
        """Return that something disqualifies it, which goes before what else was found."""
        finding = Finding(kind, self.given.name, detail)
        # A quality that disqualifies it stands there already.
        others = tuple(other for other in self.findings if other != finding)
        return replace(self, findings=(finding, *others))

    def unusable(self, kind: str, detail: str) -> Heard:
        """Return that it cannot be used, and why."""
        return replace(self.found(kind, detail), problem=detail, windows=None)


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """Reads, judges and classifies recordings; called from several threads.

    Attributes:
        front_end: Cuts them into windows.
        model: Classifies the windows.
        n_at_once: How many windows the model is given at a time.
        uses_poor: Whether recordings of disqualifying quality are let through.
        is_stopped: Set when nobody wants to know any more.
    """

    front_end: FrontEnd
    model: WindowModel
    n_at_once: int
    uses_poor: bool
    is_stopped: Event = field(default_factory=Event)

    def __call__(self, asked: tuple[GivenPatient, GivenRecording]) -> Heard:
        """Return what is heard in a recording of a patient; one that cannot be used says why."""
        patient, given = asked
        heard = Heard(given)
        try:
            audio = given.read()
            quality = assess(audio)
            heard = Heard(given, audio.sha256(), audio.duration_s, quality, _findings(given, quality))
            wrong = quality.disqualifying
            if wrong is not None and not self.uses_poor:
                raise AudioError(f"{given.called} {wrong.detail}", kind=wrong.kind)
            windows = self.front_end.cut(audio)
        except AudioError as error:
            return heard.unusable(error.kind, _without_folder(given, str(error)))
        if windows.is_repeated:
            heard = replace(heard, findings=(self._short(given, audio.duration_s), *heard.findings))
        probabilities = self._probabilities(windows.samples, patient.demographics)
        return replace(heard, windows=HeardWindows(windows.starts_s, probabilities))

    def _probabilities(self, windows: NDArray[np.float32], demographics: Demographics) -> NDArray[np.float64]:
        """Ask the model bit by bit, so that it can be stopped in the middle of a long recording."""
        answers = []
        for start in range(0, len(windows), self.n_at_once):
            if self.is_stopped.is_set():
                raise CancelledError
            answers.append(self.model.probabilities(windows[start : start + self.n_at_once], demographics))
        return np.concatenate(answers)

    def _short(self, given: GivenRecording, duration_s: float) -> Finding:
        window_s = self.front_end.duration_s
        lengths = f"lasts {duration_s:.2f} s, less than the window of {window_s:g} s"
        return Finding("short", given.name, f"{given.called} {lengths}, and was repeated to fill it.", is_problem=False)


def each_sound_once(recordings: Sequence[Heard], *, uses_poor: bool) -> list[Heard]:
    """Return the recordings of a patient; what holds the same sound as an earlier one disqualifies.

    It would count twice in the patient's answer.

    Args:
        recordings: In the order in which they were given.
        uses_poor: Whether what disqualifies is used all the same.
    """
    first: dict[str, Heard] = {}
    distinct = []
    for heard in recordings:
        same = None if heard.sound is None else first.setdefault(heard.sound, heard)
        if same is not None and same is not heard:
            detail = _why_same(heard.given, same.given)
            heard = heard.found("identical", detail) if uses_poor else heard.unusable("identical", detail)
        distinct.append(heard)
    return distinct


def _why_same(given: GivenRecording, earlier: GivenRecording) -> str:
    """Return what is wrong with a recording that holds the sound of an earlier one."""
    if isinstance(given.source, Path) and given.source == earlier.source:
        return f"{given.called} is given more than once; it counts once. Name each recording once."
    return (
        f"{given.called} holds exactly the same sound as {earlier.name}, a recording of its own was expected; "
        "leave one of them out."
    )


def _findings(given: GivenRecording, quality: Quality) -> tuple[Finding, ...]:
    return tuple(
        Finding(one.kind, given.name, f"{given.called} {one.detail}", one.is_disqualifying) for one in quality.findings
    )


def _without_folder(given: GivenRecording, sentence: str) -> str:
    """Return a sentence that names the file alone: where an archive lies must not change what is said of it."""
    return sentence.replace(str(given.source), given.called) if isinstance(given.source, Path) else sentence
