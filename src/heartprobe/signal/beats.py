"""When the heart beats: the moment of each first sound.

Beats are tracked by dynamic programming after D. P. W. Ellis, Beat Tracking by Dynamic Programming,
Journal of New Music Research 36 (2007) 51-60, doi:10.1080/09298210701653344: of all ways to go
through the recording in steps of about one cycle, the one that passes the strongest moments. The
envelope and the cycle are those of the heart rate (`envelope`, `heart_rate`).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heartprobe.audio import Audio
from heartprobe.signal.envelope import ENVELOPE_HZ, heart_envelope
from heartprobe.signal.heart_rate import HeartRate, heart_rate

#: A moment is as strong as the envelope's logarithm stands above its mean over this time: valves close within a tenth
#: of a second, while a murmur that lasts longer raises the mean with itself.
_SURROUNDINGS_S: Final = 0.3

#: What a step costs is this many times the squared logarithm of its ratio to the cycle, in standard deviations of the
#: strength; Ellis has 400 or more for music. From 20 to 400 hardly anything changes on synthetic patients.
_TIGHTNESS: Final = 100.0

#: Shortest and longest step, in cycles: an extra beat comes early, and the next one late.
_SHORTEST_STEP, _LONGEST_STEP = 0.5, 2.0

#: The other sound of a beat lies at least this far from the stronger one: systole lasts 0.2 s or more up to 120 beats
#: per minute, and less than this part of the cycle at no rate.
_LEAST_GAP_S, _LEAST_GAP_SHARE = 0.15, 0.3

#: How far a sound may lie from where the others of its kind lie.
_JITTER_S: Final = 0.06
_JITTER_OF_SYSTOLE_S: Final = 0.03

#: What is weaker than this part of the usual beat is none: where one is missing, the step still has to land somewhere.
_WEAKEST: Final = 0.35

#: An extra beat comes so early that its second sound lies where the first was expected. A beat that, with what follows
#: it, has less than the first of these parts of the usual strength is moved to where there is more than the second,
#: between its neighbours but no nearer to them than this part of a cycle.
_DOUBTFUL, _CONVINCING, _NEAREST = 0.5, 0.7, 0.4


def beat_times_s(audio: Audio, rate: HeartRate | None = None) -> NDArray[np.float64]:
    """Return when the first sounds (S1) of a recording are loudest.

    Of the two sounds of a cycle, the first is the one after which the pause is shorter. Where only one
    can be told, its moments are returned, whichever it is; and above about 120 beats per minute, where both
    pauses are alike, it may be the second.

    Args:
        audio: The recording.
        rate: Its heart rate where it is known already; else it is looked for.

    Returns:
        `(beats,)`, seconds of the recording, in order; empty where no heart rate was found.
    """
    bpm = (rate or heart_rate(audio)).bpm
    if bpm is None:
        return np.empty(0)
    cycle = 60 * ENVELOPE_HZ / bpm
    strength = _strength(heart_envelope(audio, keeps_spikes=True))
    beats = _track(strength, cycle)
    other = _other_sound(strength, beats, cycle)
    if other is not None:
        systole = min(other, round(cycle) - other)
        beats = _first_sounds(strength, beats, cycle, other)
        beats = _extra_beats(_with_what_follows(strength, systole), beats, cycle)
    usual = np.median(strength[beats])
    return np.asarray(beats[strength[beats] >= _WEAKEST * usual] / ENVELOPE_HZ)


def _strength(envelope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each moment stands out from its surroundings, in standard deviations."""
    # Importing it takes a quarter of a second.
    from scipy.ndimage import uniform_filter1d

    level = np.log(np.maximum(envelope, np.finfo(float).tiny))
    raised = level - uniform_filter1d(level, round(_SURROUNDINGS_S * ENVELOPE_HZ))
    return np.asarray(raised / max(float(raised.std()), np.finfo(float).tiny))


def _track(strength: NDArray[np.float64], cycle: float) -> NDArray[np.intp]:
    """Return the frames of the best way through a recording, in steps of about one cycle."""
    n, shortest = strength.size, max(1, round(_SHORTEST_STEP * cycle))
    steps = np.arange(shortest, round(_LONGEST_STEP * cycle) + 1)
    costs = _TIGHTNESS * np.log(steps / cycle) ** 2
    total, before = strength.copy(), np.full(n, -1)
    # No step is shorter than a block, so that whatever a block builds on is complete.
    for start in range(shortest, n, shortest):
        block = np.arange(start, min(start + shortest, n))
        origins = block[:, np.newaxis] - steps
        worth = np.where(origins >= 0, total[np.maximum(origins, 0)], -np.inf) - costs
        best = worth.argmax(axis=1)
        rows = np.arange(block.size)
        # A way that is worth nothing so far is not gone on with: it begins here.
        goes_on = worth[rows, best] > 0
        total[block] += np.where(goes_on, worth[rows, best], 0.0)
        before[block] = np.where(goes_on, origins[rows, best], -1)
    last = max(0, n - round(cycle))
    frame = last + int(total[last:].argmax())
    way = []
    while frame >= 0:
        way.append(frame)
        frame = int(before[frame])
    return np.array(way[::-1], dtype=np.intp)


def _first_sounds(strength: NDArray[np.float64], beats: NDArray[np.intp], cycle: float, other: int) -> NDArray[np.intp]:
    """Return the first sound of each beat, given the stronger one, and after which time the other one follows it."""
    if other <= cycle / 2:
        return beats
    # The other one follows late, so it comes before the next: systole, which hardly changes, leads back to it.
    systole = round(cycle) - other
    wanted = np.concatenate([beats, beats[-1:] + round(cycle)]) - systole
    wanted = wanted[(wanted >= 0) & (wanted < strength.size)]
    return np.unique([_strongest_near(strength, frame) for frame in wanted])


def _extra_beats(pairs: NDArray[np.float64], beats: NDArray[np.intp], cycle: float) -> NDArray[np.intp]:
    """Return the beats, those that are no pair of sounds moved to where there is one."""
    usual = np.median(pairs[beats])
    moved = beats.copy()
    for i in range(1, beats.size - 1):
        begin, end = int(moved[i - 1] + _NEAREST * cycle), int(moved[i + 1] - _NEAREST * cycle)
        if pairs[moved[i]] < _DOUBTFUL * usual and begin < end:
            best = begin + int(pairs[begin:end].argmax())
            if pairs[best] >= _CONVINCING * usual:
                moved[i] = best
    return moved


def _with_what_follows(strength: NDArray[np.float64], systole: int) -> NDArray[np.float64]:
    """Return the strength of each moment with that of the moment one systole later."""
    from scipy.ndimage import maximum_filter1d

    near = maximum_filter1d(strength, 2 * round(_JITTER_OF_SYSTOLE_S * ENVELOPE_HZ) + 1)
    pairs = strength.copy()
    pairs[:-systole] += near[systole:]
    return pairs


def _other_sound(strength: NDArray[np.float64], beats: NDArray[np.intp], cycle: float) -> int | None:
    """Return how long after the tracked sound the other one follows in most cycles, in frames."""
    length = round(cycle)
    whole = beats[beats + length < strength.size]
    if not whole.size:
        return None
    usual = np.median(strength[whole[:, np.newaxis] + np.arange(length + 1)], axis=0)
    gap = round(min(_LEAST_GAP_S * ENVELOPE_HZ, _LEAST_GAP_SHARE * cycle))
    inner = np.arange(gap, length + 1 - gap)
    peaks = inner[(usual[inner] >= usual[inner - 1]) & (usual[inner] > usual[inner + 1]) & (usual[inner] > 0)]
    return int(peaks[usual[peaks].argmax()]) if peaks.size else None


def _strongest_near(strength: NDArray[np.float64], frame: int) -> int:
    jitter = round(_JITTER_S * ENVELOPE_HZ)
    start = max(0, frame - jitter)
    return start + int(strength[start : frame + jitter + 1].argmax())
