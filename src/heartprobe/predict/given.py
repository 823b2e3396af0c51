"""Whom a model is asked about: patients with their recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from heartprobe.audio import Audio, decode_audio, read_audio
from heartprobe.data.bmd_hs import position_of
from heartprobe.data.recordings import Demographics, Position


@dataclass(frozen=True, slots=True)
class GivenRecording:
    """One recording: an audio file, or one in memory.

    Attributes:
        source: Where the file is, or the bytes of an audio file, or the sound itself.
        name: What answers call it.
        position: Where and how it was made, as far as it is known.
    """

    source: Path | bytes | Audio = field(repr=False)
    name: str
    position: Position | None = None

    @property
    def called(self) -> str:
        """What sentences call it: the name of the file without its folder, which may differ from run to run."""
        return self.source.name if isinstance(self.source, Path) else self.name

    def read(self) -> Audio:
        """Return its sound.

        Raises:
            AudioError: If there is no sound to be believed; its sentence begins with `called`, or the path.
        """
        if isinstance(self.source, Path):
            return read_audio(self.source)
        if isinstance(self.source, bytes):
            return decode_audio(self.source, self.name)
        return replace(self.source, name=self.name)


@dataclass(frozen=True, slots=True)
class GivenPatient:
    """One person.

    Attributes:
        patient_id: What answers call the person.
        recordings: Their recordings.
        demographics: What the model may use beside the sound.
        is_guessed: Whether nobody has said that the recordings are all of this person: they were only given together,
            or lie together. The answer then asks where their names speak against it.
    """

    patient_id: str
    recordings: tuple[GivenRecording, ...]
    demographics: Demographics = field(default_factory=Demographics)
    is_guessed: bool = False


def one_patient(files: Sequence[Path], demographics: Demographics | None = None) -> GivenPatient:
    """Return the patient whom all these files are of; a name that ends like `_sup_Mit.wav` says where it was made."""
    recordings = tuple(GivenRecording(path, path.name, position_of(path.stem)) for path in files)
    return GivenPatient("patient", recordings, demographics or Demographics(), is_guessed=True)
