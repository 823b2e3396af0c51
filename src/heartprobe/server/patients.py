"""From the fields and files of a form to the patient whom a model is asked about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Final, TypeVar

from heartprobe.data.recordings import POSTURES, VALVE_AREAS, Demographics, Position
from heartprobe.predict.tree import position_in
from heartprobe.server.errors import unfit
from heartprobe.server.sounds import UploadedRecording
from heartprobe.server.uploads import Form

Value = TypeVar("Value")

#: What may be said of a patient beside the sound.
DEMOGRAPHICS: Final = ("age", "sex", "smoker", "lives")

#: Every way to name a position.
POSITIONS: Final = {
    str(position): position
    for position in (Position(posture, area) for posture in (*POSTURES, None) for area in VALVE_AREAS)
}

_YES_OR_NO: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_SEX: Final = {"M": "M", "F": "F"}
_LIVES: Final = {"U": "U", "R": "R"}


def recordings_of(form: Form) -> tuple[UploadedRecording, ...]:
    """Return the recordings of a form with `files` and `positions`.

    Raises:
        RequestError: If there is no file, or a field cannot be believed (422).
    """
    if not form.files:
        raise unfit("files", "No recording is given; send one to eight audio files in the field files.")
    positions = form.all("positions")
    if positions and len(positions) != len(form.files):
        raise unfit(
            "positions",
            f"{len(positions)} positions are given for {len(form.files)} files; give one for each file in their order "
            "(an empty one is taken from the file's name), or none.",
        )
    return tuple(
        UploadedRecording(upload.content, upload.name, _position(text, upload.name))
        for upload, text in zip(form.files, positions or [""] * len(form.files), strict=True)
    )


def demographics_of(form: Form) -> Demographics:
    """Return what a form says of the patient beside the sound; empty fields say nothing.

    Raises:
        RequestError: If a field cannot be believed (422).
    """
    return Demographics(
        age=_age(form.one("age")),
        sex=_choice(form, "sex", _SEX),
        smoker=_choice(form, "smoker", _YES_OR_NO),
        lives=_choice(form, "lives", _LIVES),
    )


def refuse_unknown(demographics: Demographics, fields: Sequence[str]) -> None:
    """Refuse a patient of whom a model has to know more than is said.

    Raises:
        RequestError: Which fields are missing (422).
    """
    missing = [name for name in fields if getattr(demographics, name) is None]
    if missing:
        used = ", ".join(fields)
        raise unfit("fields", f"This model uses {used} beside the sound; give the fields {', '.join(missing)}, too.")


def uses_poor(form: Form) -> bool:
    """Return whether recordings of disqualifying quality take part, too."""
    return bool(_choice(form, "use_poor", _YES_OR_NO))


def _position(text: str, file_name: str) -> Position | None:
    if not text.strip():
        return position_in(PurePath(file_name))
    position = POSITIONS.get(text.strip())
    if position is None:
        raise unfit("positions", f"The position {text!r} is unknown; expected one of {', '.join(POSITIONS)}, or none.")
    return position


def _age(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        age = float(text)
    except ValueError:
        age = math.nan
    if not 0 <= age <= 120:
        raise unfit("fields", f"The age {text!r} cannot be believed; expected 0 to 120 years.")
    return age


def _choice(form: Form, name: str, values: Mapping[str, Value]) -> Value | None:
    text = form.one(name)
    if text is None:
        return None
    if text not in values:
        raise unfit("fields", f"The field {name} is {text!r}; expected {' or '.join(values)}.")
    return values[text]
