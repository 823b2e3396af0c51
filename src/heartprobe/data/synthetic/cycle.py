"""When things happen: beats, systole, breathing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Isovolumic contraction in s: from mitral closure (the onset of S1) to the opening of the aortic
#: valve; 40 +- 10 ms in 1969 healthy people (Copenhagen City Heart Study).
ISOVOLUMIC_CONTRACTION_S = 0.040

#: From the onset of the Q wave to the onset of S1 in s: pre-ejection period less isovolumic contraction.
_Q_TO_S1_S = 0.060

#: Electromechanical systole Q to S2 = a - b * rate, in s and beats per minute (Boudoulas et al.,
#: Chest 1981;80:613, on 40 healthy adults; Weissler's lines of 1968 lie about 10 ms higher).
_Q_TO_S2_S = {"M": (0.541, 0.0022), "F": (0.540, 0.0020)}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a heart beats and how its owner breathes.

    Attributes:
        rate_bpm: Mean heart rate in beats per minute, 40 to 140.
        sex: `"M"` or `"F"`; systole is a little longer in women.
        irregularity: Standard deviation of a beat's length, as a fraction of it.
        sinus_arrhythmia: How much shorter a beat is at full inspiration than at rest, as a fraction.
        breaths_per_min: Breathing rate.
        split_expired_s: From aortic (A2) to pulmonary closure (P2) at the end of expiration;
            negative where the aortic valve closes last.
        split_inspired_s: What full inspiration adds to it.
    """

    rate_bpm: float
    sex: str = "M"
    irregularity: float = 0.015
    sinus_arrhythmia: float = 0.04
    breaths_per_min: float = 15.0
    split_expired_s: float = 0.010
    split_inspired_s: float = 0.030


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The beats that touch a recording; every array has shape `(beats,)`.

    Attributes:
        s1_s: Onset of the first sound, in seconds from the start; the first may be negative.
        a2_s: Onset of the aortic part of the second sound.
        split_s: From the aortic to the pulmonary part of the second sound.
        next_s1_s: Onset of the next beat's first sound: the end of diastole.
        lung: How full the lungs are at the first sound, from 0 to 1.
    """

    s1_s: Array
    a2_s: Array
    split_s: Array
    next_s1_s: Array
    lung: Array


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """The same for every sample; every array has shape `(n,)` and counts seconds.

    Attributes:
        since_s1_s: Since the last onset of S1.
        systole_s: Length of this beat's systole.
        since_a2_s: Since this beat's A2; negative in systole.
        until_s1_s: Until the next onset of S1.
        lung: How full the lungs are, from 0 to 1.
    """

    since_s1_s: Array
    systole_s: Array
    since_a2_s: Array
    until_s1_s: Array
    lung: Array


def systole_s(rate_bpm: float, sex: str = "M") -> float:
    """Return the time from the onset of S1 to the onset of S2 in seconds: 0.349 at 60 per minute in a man."""
    intercept, slope = _Q_TO_S2_S[sex]
    return intercept - slope * rate_bpm - _Q_TO_S1_S


def lung_volume(time_s: Array, breaths_per_min: float, phase: float) -> Array:
    """Return how full the lungs are, 0 to 1, shape of `time_s`.

    The power flattens a cosine where the lungs are empty: the pause after breathing out.
    """
    turn = 2 * np.pi * (time_s * breaths_per_min / 60 + phase)
    return np.asarray((0.5 - 0.5 * np.cos(turn)) ** 1.5)


def draw_beats(rhythm: Rhythm, duration_s: float, breath_phase: float, rng: np.random.Generator) -> Beats:
    """Draw the beats of one recording.

    Args:
        rhythm: Rates and intervals.
        duration_s: Length of the recording; the beats reach from before its start to beyond its end.
        breath_phase: Where breathing stands at the start, as a fraction of a breath.
        rng: Source of where in a beat the recording starts, and of irregularity.
    """
    mean_s = 60 / rhythm.rate_bpm
    onset = -mean_s * rng.uniform(0.0, 1.0)
    onsets = [onset]
    while onset < duration_s:
        lung = float(lung_volume(np.asarray(onset), rhythm.breaths_per_min, breath_phase))
        length = 1 - rhythm.sinus_arrhythmia * (lung - 0.5) + rhythm.irregularity * rng.standard_normal()
        onset += mean_s * float(np.clip(length, 0.6, 1.6))
        onsets.append(onset)
    times = np.asarray(onsets)
    s1_s, next_s1_s = times[:-1], times[1:]
    lung_at_s1 = lung_volume(s1_s, rhythm.breaths_per_min, breath_phase)
    systole = systole_s(rhythm.rate_bpm, rhythm.sex) + 0.003 * rng.standard_normal(len(s1_s))
    return Beats(
        s1_s=s1_s,
        a2_s=s1_s + np.minimum(systole, 0.6 * (next_s1_s - s1_s)),
        split_s=rhythm.split_expired_s + rhythm.split_inspired_s * lung_at_s1,
        next_s1_s=next_s1_s,
        lung=lung_at_s1,
    )


def clock(beats: Beats, rhythm: Rhythm, n_samples: int, rate_hz: int, breath_phase: float) -> Clock:
    """Return where in the beat and in the breath every sample stands."""
    time_s = np.arange(n_samples) / rate_hz
    beat = np.searchsorted(beats.s1_s, time_s, side="right") - 1
    s1_s, a2_s = beats.s1_s[beat], beats.a2_s[beat]
    return Clock(
        since_s1_s=time_s - s1_s,
        systole_s=a2_s - s1_s,
        since_a2_s=time_s - a2_s,
        until_s1_s=beats.next_s1_s[beat] - time_s,
        lung=lung_volume(time_s, rhythm.breaths_per_min, breath_phase),
    )
