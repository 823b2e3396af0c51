"""How near an exported model is to the model that it was exported from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from heartprobe.audio import Audio, read_audio
from heartprobe.data.recordings import POSTURES, VALVE_AREAS, Position
from heartprobe.data.synthetic import synthesise, synthetic_patient
from heartprobe.data.synthetic.population import recording_stream
from heartprobe.errors import AudioError, DataError
from heartprobe.predict.tree import Tree
from heartprobe.predict.window_model import WindowModel
from heartprobe.progress import Progress
from heartprobe.signal.front_end import FrontEnd

#: Lengths of the synthetic recordings: as those of BMD-HS and others, some no whole number of frames or windows.
_DURATIONS_S: Final = (20.0, 1.0, 33.337, 4.05, 12.7, 7.003, 61.9, 2.5)

_SEED: Final = 20240917


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two models differ, in probabilities from 0 to 1.

    Attributes:
        largest: The largest difference.
        median: The median.
        n_windows: In how many windows they were compared.
        sounds: Which recordings these were of, in words.
    """

    largest: float
    median: float
    n_windows: int
    sounds: str

    def __str__(self) -> str:
        return (
            f"differs from torch by at most {self.largest:.1e} in probability (median {self.median:.1e}), "
            f"in {self.n_windows} windows of {self.sounds}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """Recordings to compare on.

    Attributes:
        each: The sounds.
        what: What they are, in words.
    """

    each: Sequence[Audio]
    what: str


def compare(models: tuple[WindowModel, WindowModel], front_end: FrontEnd, sounds: Sounds) -> Agreement:
    """Return how two models differ on recordings, asked with the demographics of synthetic patients.

    Raises:
        EncoderError: One of the models refuses the windows.
    """
    differences = []
    for number, audio in enumerate(sounds.each):
        windows = front_end.cut(audio).samples
        demographics = synthetic_patient(number, _SEED).demographics
        first, second = (model.probabilities(windows, demographics) for model in models)
        differences.append(np.abs(first - second))
    every = np.concatenate(differences)
    return Agreement(float(every.max()), float(np.median(every)), len(every), sounds.what)


def synthetic_sounds() -> Sounds:
    """Return recordings of synthetic patients, of eight lengths."""
    positions = [Position(posture, area) for posture in POSTURES for area in VALVE_AREAS]
    each = [
        Audio(
            synthesise(
                synthetic_patient(number, _SEED),
                positions[number],
                recording_stream(number, _SEED, number),
                duration_s=duration_s,
            ),
            4000,
            name=f"synthetic recording {number + 1}",
        )
        for number, duration_s in enumerate(_DURATIONS_S)
    ]
    return Sounds(each, f"{len(each)} synthetic recordings of 1 to 62 s")


def given_sounds(paths: Sequence[Path], progress: Progress) -> Sounds:
    """Read recordings from files, and from below folders; those that cannot be read are told and left out.

    Raises:
        DataError: None can be read.
    """
    each = list(_readable((given.source for one in Tree(paths).patients() for given in one.recordings), progress))
    if not each:
        raise DataError(f"There is no recording to compare on at {', '.join(map(str, paths))}.")
    return Sounds(each, f"{len(each)} given recordings")


def _readable(paths: Iterable[object], progress: Progress) -> Iterator[Audio]:
    for path in paths:
        assert isinstance(path, Path), "a tree has files"
        try:
            yield read_audio(path)
        except AudioError as error:
            progress.note(f"Not compared on: {error}")
