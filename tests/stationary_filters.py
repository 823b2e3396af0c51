"""Sounds behind another stethoscope, and how far that moves what an encoder makes of them."""

from __future__ import annotations

import numpy as np
import torch

from heartprobe.audio import Audio
from heartprobe.data.synthetic.chest import all_positions
from heartprobe.data.synthetic.patient import random_patient
from heartprobe.data.synthetic.recording import synthesise
from heartprobe.encoders.protocol import Encoder
from heartprobe.features.pooling import pool
from heartprobe.signal.front_end import FrontEnd

LESIONS = ([], [], ["AS"], ["AR"], ["MR"], ["MS"], ["AS", "MR"], ["MS", "MR"])


def eight_patients(duration_s: float = 8.0) -> list[np.ndarray]:
    """Synthetic patients, healthy and with each lesion, at 4 kHz."""
    made = []
    for number, which in enumerate(LESIONS):
        patient = random_patient(which, np.random.default_rng(number))
        rng = np.random.default_rng(number)
        made.append(synthesise(patient, all_positions()[number], rng, duration_s=duration_s))
    return made


def filtered(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The sound through a smooth filter of up to 12 dB either way between 20 and 1000 Hz; the peak is 1."""
    hz = np.fft.rfftfreq(len(samples), 1 / 4000)
    knots_db = rng.uniform(-12, 12, 6)
    gain_db = np.interp(np.log(np.maximum(hz, 1)), np.log(np.geomspace(20, 1000, 6)), knots_db)
    through = np.fft.irfft(np.fft.rfft(samples) * 10 ** (gain_db / 20), len(samples))
    return through / np.abs(through).max()


def rows(encoder: Encoder, front_end: FrontEnd, sounds: list[np.ndarray], rate_hz: int = 4000) -> np.ndarray:
    """One row for a whole recording, `(sounds, numbers)`, made as an experiment makes it: of all hidden states."""
    made = []
    for sound in sounds:
        windows = torch.from_numpy(front_end.cut(Audio(sound.astype(np.float32), rate_hz)).samples)
        with torch.inference_mode():
            pooled = pool(encoder.encode(windows), ("mean",) if encoder.info.is_pooled else ("mean", "std"))
        made.append(pooled.mean(1).flatten().numpy())
    return np.array(made)


def movement(before: np.ndarray, after: np.ndarray) -> float:
    """How far rows move in the median, as a share of the median distance between two of them."""
    # Each number counts as a head that standardises its input lets it count.
    scale = before.std(0) + 1e-3
    apart = [np.linalg.norm((a - b) / scale) for i, a in enumerate(before) for b in before[:i]]
    return float(np.median(np.linalg.norm((after - before) / scale, axis=1)) / np.median(apart))
