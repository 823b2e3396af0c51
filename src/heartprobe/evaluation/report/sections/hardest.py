"""The patients whom the model was most wrong about, to look at and to listen to."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Final

import numpy as np
import soundfile

from heartprobe.audio.reading import read_audio
from heartprobe.audio.sound import Audio
from heartprobe.data.recordings import Recording, RecordingSet
from heartprobe.errors import AudioError, DataError
from heartprobe.evaluation.report.cells import percent
from heartprobe.evaluation.report.content import Block, Cell, Group, Panel, Paragraph, Picture, Row, Section, Table
from heartprobe.evaluation.report.drawing.spectrogram import SHOWN_S, spectrogram
from heartprobe.evaluation.report.mistakes import Mistake
from heartprobe.evaluation.report.sections import titles
from heartprobe.evaluation.report.sections.positions import position_name
from heartprobe.evaluation.wording import number, question

#: How many patients are shown.
N_HARDEST: Final = 6

#: A data set may have dozens of recordings of a patient.
_MOST_RECORDINGS: Final = 8

_WHY: Final = (
    "The patients with the largest distance between the probability of a finding and the truth, each at the label "
    "where it is largest. Such patients show what a model goes by, where labels may be wrong, and which recordings are "
    "poor; they are the exceptions and say nothing about the others."
)
_PICTURES: Final = (
    f"The spectrograms show the middle {SHOWN_S:g} s of each recording up to 1 kHz. Bright is loud, down to 60 dB "
    "below the loudest; higher pitches are raised by 6 dB per octave, so that murmurs show beside the heart sounds."
)
_SOUNDS: Final = (
    "The sounds are the whole recordings, each as loud as can be; low pitches need headphones. Whoever has this file "
    "has the recordings: pass it on only where they may be passed on."
)


def hardest_section(
    mistakes: Sequence[Mistake], recordings: RecordingSet | None, *, with_audio: bool = False
) -> Section | None:
    """Return who they are and, where the recordings are at hand, how they sound.

    Args:
        mistakes: The patients, the worst first.
        recordings: The data set, which knows the files; `None` where it is not at hand.
        with_audio: Whether the page holds the sounds themselves.

    Raises:
        DataError: If recordings are given and none is of these patients.
    """
    if not mistakes:
        return None
    blocks: list[Block] = [Paragraph(_WHY), _table(mistakes)]
    if recordings is None:
        blocks.append(
            Paragraph("Their spectrograms are not here: `heartprobe report RUN --data-dir DIR` draws them.", "note")
        )
        return Section(titles.HARDEST, tuple(blocks))
    _require_recordings(mistakes, recordings)
    blocks += [Paragraph(_PICTURES), *([Paragraph(_SOUNDS)] if with_audio else [])]
    blocks += [_patient(mistake, recordings, with_audio=with_audio) for mistake in mistakes]
    return Section(titles.HARDEST, tuple(blocks))


def _require_recordings(mistakes: Sequence[Mistake], recordings: RecordingSet) -> None:
    wanted = [mistake.patient_id for mistake in mistakes]
    if not set(wanted) & set(recordings.patient_ids):
        raise DataError(
            f"The data set {recordings.name} has no recordings of the patients of this run, such as {wanted[0]}; "
            "name the data that the run was made from."
        )


def _table(mistakes: Sequence[Mistake]) -> Table:
    rows = tuple(
        Row(
            (
                Cell(mistake.patient_id),
                Cell(mistake.label),
                Cell("with" if mistake.has_finding else "without"),
                Cell(number(mistake.probability)),
                Cell("–" if mistake.threshold is None else number(mistake.threshold)),
                Cell(_declared(mistake)),
            )
        )
        for mistake in mistakes
    )
    header = ("", "Finding of", "Truth", "Probability", "Threshold", "Declared to be")
    note = "With several repeats, probabilities and thresholds are means over them."
    return Table(header, rows, notes=(note,))


def _declared(mistake: Mistake) -> str:
    if mistake.share_declared in (0.0, 1.0):
        return "with" if mistake.share_declared else "without"
    return f"with in {percent(round(mistake.share_declared, 2))} of the repeats"


def _patient(mistake: Mistake, recordings: RecordingSet, *, with_audio: bool) -> Group:
    title = f"{mistake.patient_id}: {question(mistake.label)}"
    truth = "has the finding" if mistake.has_finding else "does not have the finding"
    said = f"The patient {truth}; the probability that was given to it is {number(mistake.probability)}."
    own = [recording for recording in recordings.recordings if recording.patient_id == mistake.patient_id]
    panels, missing = [], []
    for recording in own[:_MOST_RECORDINGS]:
        try:
            panels.append(_panel(recording, read_audio(recording.path), with_audio=with_audio))
        except AudioError as error:
            missing.append(f"{recording.recording_id} cannot be drawn ({error.kind}).")
    if len(own) > _MOST_RECORDINGS:
        missing.append(f"{len(own) - _MOST_RECORDINGS} more recordings are not drawn.")
    if not own:
        missing.append("The data set that was given has no recordings of this patient.")
    shown = Picture(tuple(panels), said) if panels else Paragraph(said)
    return Group(title, (shown, *(Paragraph(text, "note") for text in missing)))


def _panel(recording: Recording, audio: Audio, *, with_audio: bool) -> Panel:
    name = recording.recording_id if recording.position is None else position_name(str(recording.position))
    detail = "" if recording.position is None else recording.recording_id
    drawing = spectrogram(audio, f"Spectrogram of {recording.recording_id}")
    return Panel(drawing, name, detail, _address(audio) if with_audio else "")


def _address(audio: Audio) -> str:
    """Return the whole sound as a `data:` address, as loud as can be, for small loudspeakers."""
    content = io.BytesIO()
    samples = audio.samples / np.abs(audio.samples).max()
    soundfile.write(content, samples, audio.rate_hz, format="FLAC", subtype="PCM_16")
    return "data:audio/flac;base64," + base64.b64encode(content.getvalue()).decode("ascii")
