"""Three synthetic patients to try at once; no real person was recorded."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import soundfile

from heartprobe.data.recordings import Position
from heartprobe.data.synthetic import SyntheticPatient, random_patient, synthesise
from heartprobe.data.synthetic.chest import all_positions

#: Recordings of the sounds of BMD-HS are as long or longer; these are there at once.
DURATION_S: Final = 12.0
RATE_HZ: Final = 4000

#: Murmurs that are plain to hear, in Levine grades.
_GRADES: Final = (3.0, 4.0)


@dataclass(frozen=True, slots=True)
class Example:
    """One patient who does not exist.

    Attributes:
        id: In addresses.
        title: For people.
        about: What is to be heard.
        lesions: What the sounds were made with.
        seed: Decides everything else.
    """

    id: str
    title: str
    about: str
    lesions: tuple[str, ...]
    seed: int


EXAMPLES: Final = (
    Example(
        "normal",
        "Normal heart",
        "Synthetic: first and second heart sound, nothing between them.",
        (),
        2,
    ),
    Example(
        "aortic-stenosis",
        "Aortic stenosis",
        "Synthetic: a rough murmur between the first and the second sound, loudest at the aortic area.",
        ("AS",),
        5,
    ),
    Example(
        "mitral-regurgitation",
        "Mitral regurgitation",
        "Synthetic: an even murmur from the first to the second sound, loudest at the mitral area.",
        ("MR",),
        2,
    ),
)

POSITION_NAMES: Final = tuple(str(position) for position in all_positions())


@dataclass(slots=True, eq=False)
class Examples:
    """Makes the recordings when they are asked for, and keeps them: 96 kB each."""

    _made: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listing(self) -> list[dict[str, Any]]:
        """Return what there is."""
        return [
            {
                "id": example.id,
                "title": example.title,
                "about": example.about,
                "recordings": [
                    {"position": name, "url": f"/v1/examples/{example.id}/{name}.wav"} for name in POSITION_NAMES
                ],
            }
            for example in EXAMPLES
        ]

    def find(self, example_id: str, position: str) -> bytes | None:
        """Return a recording as the content of a wav file, or `None` where there is no such one."""
        example = next((one for one in EXAMPLES if one.id == example_id), None)
        if example is None or position not in POSITION_NAMES:
            return None
        with self._lock:
            key = (example_id, position)
            if key not in self._made:
                self._made[key] = _wav(example, POSITION_NAMES.index(position))
            return self._made[key]


def _wav(example: Example, place: int) -> bytes:
    position: Position = all_positions()[place]
    patient: SyntheticPatient = random_patient(example.lesions, np.random.default_rng(example.seed), grades=_GRADES)
    rng = np.random.default_rng((example.seed, place))
    samples = synthesise(patient, position, rng, duration_s=DURATION_S, rate_hz=RATE_HZ)
    file = io.BytesIO()
    soundfile.write(file, np.rint(samples * 32767).astype(np.int16), RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()
