"""Synthetic recordings, for which everything is known: lesions, and the phase of the heart at every frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartprobe.data.synthetic.chest import all_positions
from heartprobe.data.synthetic.cycle import Clock
from heartprobe.data.synthetic.patient import SyntheticPatient, random_patient
from heartprobe.data.synthetic.recording import heart_sound, synthesise
from heartprobe.encoders.pcg.architecture import Architecture
from heartprobe.labels import LABELS, LESIONS
from heartprobe.pretraining.settings import MaterialSettings
from heartprobe.pretraining.spectra import Spectra, spectra_of
from heartprobe.progress import Progress

PHASES = ("S1", "systole", "S2", "diastole")

#: How long the first and the second sound are taken to last, in s.
_S1_S, _S2_S = 0.11, 0.09

_DURATION_S = 10.0
_RECORDINGS_EACH = 2

#: How often a patient has none, one, two, three lesions.
_LESION_SHARES = (0.40, 0.35, 0.18, 0.07)


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticMaterial:
    """Synthetic recordings with their spectra.

    Attributes:
        spectra: Of all of them.
        labels: `(recordings, 5)`: N, AS, AR, MR, MS.
        phases: `(frames,)`, index into `PHASES` for every row of the spectra.
    """

    spectra: Spectra
    labels: Tensor
    phases: Tensor


def synthetic_material(settings: MaterialSettings, architecture: Architecture, progress: Progress) -> SyntheticMaterial:
    """Synthesise the patients, each from a stream of its own."""
    labels: list[list[int]] = []
    phases: list[NDArray[np.int64]] = []
    with progress.task("Synthetic patients", settings.synthetic_patients, "patients") as advance:

        def sounds() -> Iterator[NDArray[np.float32]]:
            for number in range(settings.synthetic_patients):
                patient, positions = varied_patient(settings.synthetic_seed, number)
                for position in positions:
                    stream = [settings.synthetic_seed, number, position]
                    where, rate = all_positions()[position], architecture.rate_hz
                    sound = synthesise(
                        patient, where, np.random.default_rng(stream), duration_s=_DURATION_S, rate_hz=rate
                    )
                    now, _ = heart_sound(
                        patient, where, np.random.default_rng(stream), duration_s=_DURATION_S, rate_hz=rate
                    )
                    labels.append([patient.labels[label] for label in LABELS])
                    phases.append(frame_phases(now, architecture))
                    yield sound
                advance(1)

        spectra = spectra_of(sounds(), architecture)
    return SyntheticMaterial(spectra, torch.tensor(labels).float(), torch.from_numpy(np.concatenate(phases)))


def varied_patient(seed: int, number: int) -> tuple[SyntheticPatient, list[int]]:
    """Return a patient of wider variety than the generator's own, and two positions to be heard at.

    Hearts beat from 48 to 140 times a minute, some irregularly; stethoscopes end between 200 and 900 Hz and are tilted
    by up to 4 dB per octave; rooms and breathing reach from silence to what drowns a murmur.
    """
    rng = np.random.default_rng([seed, number])
    lesions = rng.choice(LESIONS, rng.choice(len(_LESION_SHARES), p=_LESION_SHARES), replace=False)
    patient = random_patient([str(lesion) for lesion in lesions], rng, grades=(1.5, 5.5))
    rhythm = replace(
        patient.rhythm,
        rate_bpm=float(np.clip(np.exp(rng.normal(np.log(80), 0.22)), 48, 140)),
        irregularity=float(rng.choice([0.015, 0.03, 0.1], p=[0.7, 0.2, 0.1])),
    )
    sensor = replace(
        patient.sensor,
        high_hz=_between(rng, 200, 900),
        tilt_db_per_octave=float(rng.uniform(-4, 4)),
        body_level=_between(rng, 0.005, 0.15),
        room_level=_between(rng, 0.0005, 0.02),
        breath_level=_between(rng, 0.001, 0.04),
        clicks_per_s=float(rng.choice([0.0, 0.2, 1.0], p=[0.5, 0.3, 0.2])),
    )
    positions = rng.choice(len(all_positions()), _RECORDINGS_EACH, replace=False)
    return replace(patient, rhythm=rhythm, sensor=sensor), [int(position) for position in positions]


def frame_phases(now: Clock, architecture: Architecture) -> NDArray[np.int64]:
    """Return which phase the middle of every frame lies in."""
    n_frames = (len(now.since_s1_s) - architecture.window) // architecture.hop + 1
    middle = np.arange(n_frames) * architecture.hop + architecture.window // 2
    since_s1, since_a2 = now.since_s1_s[middle], now.since_a2_s[middle]
    return np.where(since_s1 < _S1_S, 0, np.where(since_a2 < 0, 1, np.where(since_a2 < _S2_S, 2, 3)))


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
