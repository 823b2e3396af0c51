"""How loud each sound arrives at each position, lying and sitting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from heartprobe.data.recordings import POSTURES, VALVE_AREAS, Position, Posture, ValveArea

#: What is heard: the parts of the first and second sound, third sound, opening snap, murmurs.
Source = Literal["S1", "A2", "P2", "S3", "snap", "AS", "AR", "MR", "MS", "flow"]

#: Amplitude at (mitral, tricuspid, pulmonary, aortic area); for S1 and murmurs the loudest place is 1.
#: S1 is louder than S2 at the apex and softer at the base; P2 is heard at the pulmonary area;
#: AS at the upper right border with transmission to the apex, AR along the left sternal border,
#: MR at the apex, MS hardly anywhere else; the snap also along the sternum.
_AT_AREA: dict[Source, tuple[float, float, float, float]] = {
    "S1": (1.00, 0.85, 0.45, 0.40),
    "A2": (0.60, 0.60, 0.70, 0.80),
    "P2": (0.08, 0.22, 0.50, 0.20),
    "S3": (1.00, 0.50, 0.15, 0.10),
    "snap": (0.90, 1.00, 0.55, 0.40),
    "AS": (0.45, 0.45, 0.70, 1.00),
    "AR": (0.50, 1.00, 0.80, 0.75),
    "MR": (1.00, 0.55, 0.25, 0.18),
    "MS": (1.00, 0.40, 0.12, 0.08),
    "flow": (0.40, 0.85, 1.00, 0.60),
}

#: Sitting up, leaning forward brings the aorta to the chest wall; lying brings out the mitral
#: valve and everything that grows with the return of blood to the heart.
_SITTING: dict[Source, float] = {
    "S1": 0.90,
    "A2": 1.00,
    "P2": 0.90,
    "S3": 0.50,
    "snap": 0.85,
    "AS": 1.00,
    "AR": 1.45,
    "MR": 0.85,
    "MS": 0.60,
    "flow": 0.55,
}


@dataclass(frozen=True, slots=True)
class Chest:
    """How one patient's chest departs from the table.

    Attributes:
        gains: For each recording position, the factor on everything the heart sends there.
    """

    gains: dict[str, float] = field(default_factory=dict)

    def gain(self, source: Source, position: Position) -> float:
        """Return the amplitude of a source at a position."""
        own = self.gains.get(str(position), 1.0)
        return own * _table_gain(source, position.posture, position.area)


def all_positions() -> tuple[Position, ...]:
    """Return the eight recording positions in the order of the BMD-HS table."""
    return tuple(Position(posture, area) for posture in POSTURES for area in VALVE_AREAS)


def _table_gain(source: Source, posture: Posture | None, area: ValveArea) -> float:
    gain = _AT_AREA[source][VALVE_AREAS.index(area)]
    return gain * _SITTING[source] if posture == "sit" else gain
