"""Whether recordings that are answered together look like those of one person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from heartprobe.evaluation.wording import first_of
from heartprobe.predict.given import GivenRecording
from heartprobe.predict.tree import position_in

#: What programs call recordings that nobody named.
_NAMELESS: Final = re.compile(r"recording([-_ ]?\d+)?", re.IGNORECASE)


def doubts_about_one_person(recordings: Sequence[GivenRecording]) -> tuple[str, ...]:
    """Return a sentence where recordings given as one patient's may be of several people, else nothing.

    They may be where their names differ in more than the position at their end, as `AS_001_sup_Mit.wav` and
    `MR_002_sit_Aor.wav` do, or where two are of one place in one posture, as those of two folders are. It is a
    question and no refusal: whoever names files by time or number has one person's recordings under such names.

    Args:
        recordings: As they were given, for the `notes` of a `PatientPrediction`.
    """
    people = list(dict.fromkeys(owner for owner in map(_owner, recordings) if not _NAMELESS.fullmatch(owner)))
    if len(people) > 1:
        return (_asked(f"their names differ in more than the position: {first_of(people)}"),)
    places = Counter(str(one.position) for one in recordings if one.position and one.position.posture)
    repeated = [place for place, n in places.items() if n > 1]
    return (_asked(f"several are of one place: {first_of(repeated)}"),) if repeated else ()


def _asked(why: str) -> str:
    return (
        f"Are all recordings of one person? Of these, {why}. They are answered as one patient's; "
        "ask about each person alone."
    )


def _owner(recording: GivenRecording) -> str:
    """Return what a name says beside the position; that of a file that is named after a position says nothing."""
    path = PurePath(recording.name)
    position = position_in(path)
    return "recording" if path.stem == str(position) else path.stem.removesuffix(f"_{position}")
