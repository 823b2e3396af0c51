"""One recording of one patient at one position."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heartprobe.data.recordings import Position
from heartprobe.data.synthetic.cycle import Array, Beats, Clock, clock, draw_beats
from heartprobe.data.synthetic.murmurs import level, opening_snap_s, sound
from heartprobe.data.synthetic.patient import SyntheticPatient
from heartprobe.data.synthetic.sensor import record
from heartprobe.data.synthetic.sounds import S3_TONES, SNAP_TONES, Tone, add_sound

#: The tricuspid part of S1 relative to the mitral one, and the pitch of P2 relative to A2.
_TRICUSPID_LEVEL, _P2_PITCH = 0.45, 0.9

#: From A2 to the third sound in s (0.12 to 0.16; left ventricle).
_S3_AFTER_A2_S = 0.14

#: Loudness of the opening snap relative to S1: a pliable valve (mild stenosis) snaps, a stiff one does not.
_SNAP_LEVEL = 0.35

#: Sitting up raises the heart rate by this factor.
_SITTING_RATE = 1.07

#: How much softer the left heart's sounds arrive through full lungs.
_LUNG_DAMPING = 0.25

#: Recordings are scaled to this peak, as those of BMD-HS touch full scale.
_PEAK = 0.99


def synthesise(
    patient: SyntheticPatient,
    position: Position,
    rng: np.random.Generator,
    *,
    duration_s: float = 20.0,
    rate_hz: int = 4000,
) -> NDArray[np.float32]:
    """Return a recording of a patient at a position, with the noise of its stethoscope.

    Args:
        patient: Who is listened to.
        position: Where and how.
        rng: Source of this recording's beats and noise; its children are used, so that two patients
            who differ in one murmur have the same beats and the same noise.
        duration_s: Length in seconds.
        rate_hz: Sampling rate.

    Returns:
        `(round(duration_s * rate_hz),)`, the peak at 0.99.
    """
    timing, valves, jets, sensor = rng.spawn(4)
    now, heart = _heart(patient, position, (timing, valves, jets), round(duration_s * rate_hz), rate_hz)
    heard = record(heart, patient.sensor, now, rate_hz, sensor)
    return np.asarray(heard * (_PEAK / np.abs(heard).max()), dtype=np.float32)


def heart_sound(
    patient: SyntheticPatient,
    position: Position,
    rng: np.random.Generator,
    *,
    duration_s: float = 20.0,
    rate_hz: int = 4000,
) -> tuple[Clock, Array]:
    """Return what arrives at the chest wall, before any sensor or noise, and when everything happens.

    The arguments are those of `synthesise`, and the same `rng` gives the same beats and murmurs.
    Amplitudes are not scaled: a healthy first sound at the apex is about 1.
    """
    timing, valves, jets, _ = rng.spawn(4)
    return _heart(patient, position, (timing, valves, jets), round(duration_s * rate_hz), rate_hz)


def _heart(
    patient: SyntheticPatient,
    position: Position,
    streams: tuple[np.random.Generator, np.random.Generator, np.random.Generator],
    n_samples: int,
    rate_hz: int,
) -> tuple[Clock, Array]:
    timing, valves, jets = streams
    rhythm = patient.rhythm
    if position.posture == "sit":
        rhythm = replace(rhythm, rate_bpm=rhythm.rate_bpm * _SITTING_RATE)
    breath_phase = timing.uniform(0.0, 1.0)
    beats = draw_beats(rhythm, n_samples / rate_hz, breath_phase, timing)
    now = clock(beats, rhythm, n_samples, rate_hz, breath_phase)
    out = np.zeros(n_samples)
    _add_valves(out, patient, position, beats, rate_hz, valves)
    damping = 1 - _LUNG_DAMPING * now.lung
    for murmur, jet in zip(patient.murmurs, jets.spawn(len(patient.murmurs)), strict=True):
        gain = level(murmur) * patient.chest.gain(murmur.kind, position)
        out += gain * damping * sound(murmur, now, rate_hz, jet)
    return now, out


def _add_valves(
    out: Array, patient: SyntheticPatient, position: Position, beats: Beats, rate_hz: int, rng: np.random.Generator
) -> None:
    """Add S1, S2 and, where the patient has them, S3 and the opening snap."""
    valves, gain = patient.valves, patient.chest.gain
    damping = 1 - _LUNG_DAMPING * beats.lung
    s1 = valves.s1_level * gain("S1", position) * damping
    first, second, aortic, pulmonary, third, snap = rng.spawn(6)
    add_sound(out, rate_hz, valves.s1, beats.s1_s, s1, first)
    add_sound(out, rate_hz, valves.s1, beats.s1_s + valves.s1_split_s, _TRICUSPID_LEVEL * s1, second)
    a2 = valves.a2_level * gain("A2", position) * damping
    add_sound(out, rate_hz, valves.s2, beats.a2_s, a2, aortic)
    p2 = np.full_like(a2, valves.p2_level * gain("P2", position))
    add_sound(out, rate_hz, _lowered(valves.s2), beats.a2_s + beats.split_s, p2, pulmonary)
    if valves.s3_level > 0:
        s3 = valves.s3_level * gain("S3", position) * damping
        add_sound(out, rate_hz, S3_TONES, beats.a2_s + _S3_AFTER_A2_S, s3, third)
    for murmur in patient.murmurs:
        if murmur.kind == "MS":
            level_now = _SNAP_LEVEL * (1 - 0.7 * murmur.severity) * gain("snap", position) * damping
            add_sound(out, rate_hz, SNAP_TONES, beats.a2_s + opening_snap_s(murmur.severity), level_now, snap)


def _lowered(tones: tuple[Tone, ...]) -> tuple[Tone, ...]:
    return tuple(replace(tone, frequency_hz=tone.frequency_hz * _P2_PITCH) for tone in tones)
