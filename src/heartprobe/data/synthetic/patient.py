"""One patient: everything that stays the same in all of his or her recordings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from heartprobe.data.recordings import Demographics
from heartprobe.data.synthetic.chest import Chest, all_positions
from heartprobe.data.synthetic.cycle import Rhythm
from heartprobe.data.synthetic.murmurs import Murmur, MurmurKind
from heartprobe.data.synthetic.sensor import Sensor
from heartprobe.data.synthetic.sounds import S1_TONES, S2_TONES, Tone, tuned
from heartprobe.errors import ConfigError
from heartprobe.labels import LABELS, LESIONS, NORMAL

#: How many of the healthy have a harmless flow murmur, and how many an audible third sound.
_FLOW_MURMUR_SHARE, _THIRD_SOUND_SHARE = 0.35, 0.20

#: Loudness of the murmurs of disease, Levine grades: how often each whole grade from 1 to 5.
_GRADE_SHARES = (0.20, 0.28, 0.28, 0.18, 0.06)


@dataclass(frozen=True, slots=True)
class Valves:
    """The first, second and third sound.

    Attributes:
        s1: Tones of the first sound; the tricuspid part sounds the same, later and softer.
        s2: Tones of the second sound; the pulmonary part is a little lower.
        s1_level: Loudness of the first sound relative to a healthy heart's.
        a2_level: The same for the aortic part of the second sound.
        p2_level: The same for its pulmonary part.
        s3_level: Loudness of the third sound, the first sound being 1; 0 where there is none.
        s1_split_s: From the mitral to the tricuspid part of the first sound.
    """

    s1: tuple[Tone, ...] = S1_TONES
    s2: tuple[Tone, ...] = S2_TONES
    s1_level: float = 1.0
    a2_level: float = 1.0
    p2_level: float = 1.0
    s3_level: float = 0.0
    s1_split_s: float = 0.025


@dataclass(frozen=True, slots=True)
class SyntheticPatient:
    """A patient who does not exist.

    Attributes:
        lesions: Among AS, AR, MR, MS, in this order; empty for a healthy heart.
        demographics: Drawn without regard to the lesions, and without effect on the sound, but for
            the slightly longer systole of women.
        rhythm: When things happen.
        valves: The short sounds.
        murmurs: One for each lesion, and flow murmurs.
        chest: How well the positions conduct.
        sensor: The stethoscope and the noise.
    """

    lesions: tuple[str, ...]
    demographics: Demographics
    rhythm: Rhythm
    valves: Valves
    murmurs: tuple[Murmur, ...]
    chest: Chest
    sensor: Sensor

    @property
    def labels(self) -> dict[str, int]:
        """Label values by name, in the declared order; `N` is 1 without any lesion."""
        found = self.lesions or (NORMAL,)
        return {label: int(label in found) for label in LABELS}


def random_patient(
    lesions: Collection[str], rng: np.random.Generator, *, grades: tuple[float, float] = (1.0, 5.0)
) -> SyntheticPatient:
    """Draw a patient with these lesions.

    Each part is drawn from a stream of its own, so that the same generator gives the same
    demographics, rhythm, chest and stethoscope whatever the lesions are.

    Args:
        lesions: Any of AS, AR, MR, MS; none for a healthy heart.
        rng: Source of everything; the generator's children are used, not its own stream.
        grades: Softest and loudest murmur of disease, in Levine grades.

    Raises:
        ConfigError: If a lesion is unknown.
    """
    unknown = sorted(set(lesions) - set(LESIONS))
    if unknown:
        raise ConfigError(f"{unknown[0]!r} is no lesion that can be synthesised; known are {', '.join(LESIONS)}.")
    ordered = tuple(lesion for lesion in LESIONS if lesion in lesions)
    person, beat, valve, chest, sensor, healthy, *jets = rng.spawn(6 + len(LESIONS))
    demographics = _demographics(person)
    murmurs = tuple(_murmur(cast(MurmurKind, lesion), jets[LESIONS.index(lesion)], grades) for lesion in ordered)
    return SyntheticPatient(
        lesions=ordered,
        demographics=demographics,
        rhythm=_rhythm(demographics.sex or "M", murmurs, beat),
        valves=_valves(murmurs, valve),
        murmurs=(*murmurs, *_flow_murmurs(murmurs, healthy)),
        chest=Chest({str(p): float(np.exp(chest.normal(0.0, 0.2))) for p in all_positions()}),
        sensor=_sensor(sensor),
    )


def _demographics(rng: np.random.Generator) -> Demographics:
    """Draw age, sex, smoking and residence with about the shares of BMD-HS; they know nothing of lesions."""
    return Demographics(
        age=float(rng.integers(18, 71)),
        sex="M" if rng.random() < 0.57 else "F",
        smoker=bool(rng.random() < 0.3),
        lives="U" if rng.random() < 0.56 else "R",
    )


def _murmur(kind: MurmurKind, rng: np.random.Generator, grades: tuple[float, float]) -> Murmur:
    whole = rng.choice(np.arange(1, 6), p=_GRADE_SHARES)
    return Murmur(
        kind=kind,
        grade=float(np.clip(whole + rng.uniform(-0.5, 0.5), *grades)),
        severity=float(rng.uniform(0.0, 1.0)),
        pitch=float(np.exp(rng.normal(0.0, 0.12))),
    )


def _flow_murmurs(murmurs: Sequence[Murmur], rng: np.random.Generator) -> tuple[Murmur, ...]:
    """Draw a harmless murmur for some of the healthy, and the murmur of the large stroke volume of AR."""
    share, grade, pitch = rng.random(), rng.uniform(0.8, 2.2), float(np.exp(rng.normal(0.0, 0.12)))
    leak = [m for m in murmurs if m.kind == "AR" and m.severity > 0.5]
    if leak:
        return (Murmur("flow", max(leak[0].grade - 0.7, 1.0), leak[0].severity, pitch),)
    if not murmurs and share < _FLOW_MURMUR_SHARE:
        return (Murmur("flow", grade, 0.0, pitch),)
    return ()


def _severity(murmurs: Sequence[Murmur], kind: str) -> float:
    """Return how severe a lesion is: 0 where it is absent, at least 0.3 where it is there."""
    return max((0.3 + 0.7 * m.severity for m in murmurs if m.kind == kind), default=0.0)


def _rhythm(sex: str, murmurs: Sequence[Murmur], rng: np.random.Generator) -> Rhythm:
    """Draw rates; a late aortic valve narrows the split of S2, an early one (MR) widens it."""
    shift_s = 0.012 * _severity(murmurs, "MR") - 0.025 * _severity(murmurs, "AS")
    return Rhythm(
        rate_bpm=float(np.clip(rng.normal(76, 11), 52, 110)),
        sex=sex,
        irregularity=float(rng.uniform(0.008, 0.03)),
        sinus_arrhythmia=float(rng.uniform(0.01, 0.10)),
        breaths_per_min=float(rng.uniform(11, 21)),
        split_expired_s=float(rng.uniform(0.0, 0.018)) + shift_s,
        split_inspired_s=float(rng.uniform(0.020, 0.040)),
    )


def _valves(murmurs: Sequence[Murmur], rng: np.random.Generator) -> Valves:
    """Draw the valve sounds: MS snaps S1 shut loudly, MR and AR soften it, AS silences A2, MS and MR load P2."""
    stenosis, leak = _severity(murmurs, "MS"), _severity(murmurs, "MR")
    s1 = (1 + 0.8 * stenosis) * (1 - 0.35 * leak) * (1 - 0.25 * _severity(murmurs, "AR"))
    third_sound, third_level = rng.random(), rng.uniform(0.08, 0.25)
    has_third = leak > 0.65 or (not murmurs and third_sound < _THIRD_SOUND_SHARE)
    return Valves(
        s1=tuned(S1_TONES, rng),
        s2=tuned(S2_TONES, rng),
        s1_level=s1 * float(np.exp(rng.normal(0.0, 0.2))),
        a2_level=(1 - 0.6 * _severity(murmurs, "AS")) * float(np.exp(rng.normal(0.0, 0.2))),
        p2_level=(1 + 0.5 * max(stenosis, leak)) * float(np.exp(rng.normal(0.0, 0.25))),
        s3_level=float(third_level) if has_third else 0.0,
        s1_split_s=float(rng.uniform(0.018, 0.032)),
    )


def _sensor(rng: np.random.Generator) -> Sensor:
    """Draw a stethoscope and a room, from a quiet one to one in which faint murmurs drown.

    The rumble is such that beats stand out as they do in real recordings: docs/synthetic.md compares them.
    """
    return Sensor(
        low_hz=float(rng.uniform(15, 28)),
        high_hz=float(np.exp(rng.uniform(np.log(260), np.log(500)))),
        tilt_db_per_octave=float(rng.uniform(-1.5, 1.0)),
        body_level=float(np.exp(rng.uniform(np.log(0.006), np.log(0.05)))),
        room_level=float(np.exp(rng.uniform(np.log(0.0015), np.log(0.010)))),
        breath_level=float(np.exp(rng.uniform(np.log(0.003), np.log(0.02)))),
        clicks_per_s=float(rng.uniform(0.0, 0.3)),
    )
