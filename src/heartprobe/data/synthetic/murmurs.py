"""Murmurs: where in the beat turbulence sounds, which shape it has, and how high it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.synthetic.cycle import ISOVOLUMIC_CONTRACTION_S, Clock
from heartprobe.data.synthetic.noise import band_noise

Array = NDArray[np.float64]

#: The four lesions and the harmless flow murmur of a healthy heart (or of a large stroke volume).
MurmurKind = Literal["AS", "AR", "MR", "MS", "flow"]


@dataclass(frozen=True, slots=True)
class Murmur:
    """One murmur of one patient.

    Attributes:
        kind: Its cause.
        grade: Loudness after Levine, from 1 (hardly audible) to 6; fractions are allowed.
        severity: From 0 (mild) to 1 (severe); decides shape and timing, not loudness, because
            loudness says little about severity.
        pitch: Factor on its frequencies, about 1.
    """

    kind: MurmurKind
    grade: float
    severity: float
    pitch: float = 1.0


@dataclass(frozen=True, slots=True)
class Band:
    """A part of a murmur's spectrum.

    Attributes:
        low_hz: Lower corner.
        high_hz: Upper corner.
        share: Amplitude relative to the other parts.
        power: Exponent on the shape; above 1 this part only sounds while the jet is fastest.
    """

    low_hz: float
    high_hz: float
    share: float
    power: float = 1.0


#: The dominant frequency follows the speed of the jet, 130 to 410 Hz at 1.1 to 4.6 m/s (Donnerstein
#: 1989): fast through a stenotic aortic or a leaking valve, slow through the mitral valve. In AS
#: the time above 300 Hz grows with the gradient (Kim and Tavel 2003), hence the second band.
BANDS: dict[MurmurKind, tuple[Band, ...]] = {
    "AS": (Band(70, 230, 1.0), Band(220, 450, 0.8, power=2.0)),
    "AR": (Band(170, 520, 1.0),),
    "MR": (Band(90, 220, 0.6), Band(180, 420, 1.0)),
    "MS": (Band(35, 110, 1.0), Band(100, 170, 0.5, power=1.5)),
    "flow": (Band(70, 180, 1.0),),
}

#: Amplitude of a grade 3 murmur at its loudest place, S1 at the apex being 1. A grade is what the
#: ear hears, and the ear needs more of a low rumble than of a high hiss.
_GRADE_3_LEVEL: dict[MurmurKind, float] = {"AS": 0.07, "AR": 0.04, "MR": 0.06, "MS": 0.18, "flow": 0.07}

#: One grade is 5 dB.
_LEVEL_PER_GRADE = 1.8


def level(murmur: Murmur) -> float:
    """Return the amplitude (root mean square at its loudest moment and place), S1 at the apex being 1."""
    return float(_GRADE_3_LEVEL[murmur.kind] * _LEVEL_PER_GRADE ** (murmur.grade - 3))


def opening_snap_s(severity: float) -> float:
    """Return the time from A2 to the opening snap of mitral stenosis: 0.12 s (mild) down to 0.04 s (severe)."""
    return 0.12 - 0.08 * severity


def envelope(murmur: Murmur, clock: Clock) -> Array:
    """Return the shape of a murmur over a recording, `(n,)`, from 0 to 1."""
    return _SHAPES[murmur.kind](murmur.severity, clock)


def sound(murmur: Murmur, clock: Clock, rate_hz: int, rng: np.random.Generator) -> Array:
    """Return a murmur at unit level, `(n,)`: noise in its bands under its shape."""
    shape = envelope(murmur, clock)
    bands = BANDS[murmur.kind]
    scale = 1 / np.sqrt(sum(band.share**2 for band in bands))
    total = np.zeros_like(shape)
    for band in bands:
        noise = band_noise(len(shape), rate_hz, band.low_hz * murmur.pitch, band.high_hz * murmur.pitch, rng)
        total += scale * band.share * shape**band.power * noise
    return total


def _diamond(start_s: Array | float, end_s: Array, peak: float, now_s: Array) -> Array:
    """Return a crescendo and decrescendo between two times, with its peak at a fraction of the way."""
    way = np.clip((now_s - start_s) / np.maximum(end_s - start_s, 1e-3), 0.0, 1.0)
    warped = np.where(way < peak, 0.5 * way / peak, 0.5 + 0.5 * (way - peak) / (1 - peak))
    return np.asarray(np.maximum(np.sin(np.pi * warped), 0.0) ** 1.5)


def _aortic_stenosis(severity: float, clock: Clock) -> Array:
    """From the opening of the aortic valve to just before A2; the peak comes late where it is severe."""
    start_s = ISOVOLUMIC_CONTRACTION_S + 0.010
    return _diamond(start_s, clock.systole_s - 0.010, 0.35 + 0.3 * severity, clock.since_s1_s)


def _flow(severity: float, clock: Clock) -> Array:  # noqa: ARG001
    """Early and short: over before two thirds of systole."""
    return _diamond(ISOVOLUMIC_CONTRACTION_S, 0.65 * clock.systole_s, 0.45, clock.since_s1_s)


def _mitral_regurgitation(severity: float, clock: Clock) -> Array:
    """From S1 to shortly beyond A2, nearly level: pressure drives the jet all the while."""
    rise = np.clip(clock.since_s1_s / 0.030, 0.0, 1.0)
    fall = np.clip((0.030 - clock.since_a2_s) / 0.040, 0.0, 1.0)
    tilt = 0.85 + 0.15 * np.clip(clock.since_s1_s / clock.systole_s, 0.0, 1.0) * (1 - severity) + 0.15 * severity
    return np.asarray(rise * fall * tilt)


def _aortic_regurgitation(severity: float, clock: Clock) -> Array:
    """From A2 on, at once loud and then fading; longer where it is more than mild, over before S1."""
    since_s = np.maximum(clock.since_a2_s, 0.0)
    decay_s = 0.10 + 0.20 * severity
    rise = np.clip(since_s / 0.020, 0.0, 1.0)
    end = np.clip(clock.until_s1_s / 0.060, 0.0, 1.0)
    return np.asarray(rise * np.exp(-np.maximum(since_s - 0.020, 0.0) / decay_s) * end)


def _mitral_stenosis(severity: float, clock: Clock) -> Array:
    """A rumble after the opening snap, longer where it is severe, and a crescendo up to S1."""
    since_s = np.maximum(clock.since_a2_s - opening_snap_s(severity) - 0.010, 0.0)
    rise = np.clip(since_s / 0.060, 0.0, 1.0)
    rumble = rise * np.exp(-np.maximum(since_s - 0.060, 0.0) / (0.10 + 0.20 * severity))
    presystolic = 0.9 * np.exp(-clock.until_s1_s / 0.050) * (since_s > 0)
    return np.asarray(np.maximum(rumble, presystolic) * np.clip(clock.until_s1_s / 0.010, 0.0, 1.0))


_SHAPES: dict[MurmurKind, Callable[[float, Clock], Array]] = {
    "AS": _aortic_stenosis,
    "AR": _aortic_regurgitation,
    "MR": _mitral_regurgitation,
    "MS": _mitral_stenosis,
    "flow": _flow,
}
