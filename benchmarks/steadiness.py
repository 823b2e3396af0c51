"""How far a probability moves when a recording passes through another stethoscope, amplifier or file.

    python benchmarks/steadiness.py RECORDINGS [--bundle RUN/bundle] [--number 104] [--seed 0]

RECORDINGS is a folder with audio files, of which some are drawn. Each is answered as it is and after every change of
`CHANGES`; printed are the median, nine in ten and the largest of what P(finding) moves by. Without --bundle the model
that comes with heartprobe answers.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from heartprobe.predict import MAX_RECORDINGS, Predictor

Samples = NDArray[np.float64]

#: Where the random smooth filter is anything but flat, how far it goes either way, and its number of knots.
FILTER_HZ: Final = (20.0, 1000.0)
FILTER_DB: Final = 12.0
FILTER_KNOTS: Final = 6


@dataclass(frozen=True)
class Sound:
    """A recording, and how its samples are stored."""

    samples: Samples
    rate_hz: int
    stored_as: str = "PCM_16"


def filtered(sound: Sound, rng: np.random.Generator) -> Sound:
    """Pass it through a smooth filter: gains drawn at knots of equal ratios, straight lines between them."""
    knots = np.geomspace(*FILTER_HZ, FILTER_KNOTS)
    gains_db = rng.uniform(-FILTER_DB, FILTER_DB, FILTER_KNOTS)
    at_hz = np.fft.rfftfreq(len(sound.samples), 1 / sound.rate_hz)
    gain = 10 ** (np.interp(np.log(np.maximum(at_hz, 1)), np.log(knots), gains_db) / 20)
    samples = np.fft.irfft(np.fft.rfft(sound.samples) * gain, len(sound.samples))
    return Sound(0.99 * samples / np.abs(samples).max(), sound.rate_hz)


def amplified(sound: Sound, rng: np.random.Generator, *, decibels: float) -> Sound:  # noqa: ARG001
    """Softer, it is rounded to 16 bit, which loses the finest of it; louder, it is stored as floats."""
    stored_as = "PCM_16" if decibels < 0 else "FLOAT"
    return Sound(sound.samples * 10 ** (decibels / 20), sound.rate_hz, stored_as)


def resampled(sound: Sound, rng: np.random.Generator, *, rate_hz: int) -> Sound:  # noqa: ARG001
    """Store it at another rate, a little softer because the peaks between samples may be higher."""
    return Sound(0.9 * soxr.resample(sound.samples, sound.rate_hz, rate_hz, quality="VHQ"), rate_hz)


CHANGES: Final[dict[str, Callable[[Sound, np.random.Generator], Sound]]] = {
    "random smooth filter, 12 dB either way between 20 and 1000 Hz": filtered,
    "20 dB softer, rounded to 16 bit": partial(amplified, decibels=-20.0),
    "20 dB louder, stored as floats": partial(amplified, decibels=20.0),
    "stored at 2 kHz": partial(resampled, rate_hz=2000),
    "stored at 4 kHz": partial(resampled, rate_hz=4000),
    "stored at 8 kHz": partial(resampled, rate_hz=8000),
    "stored at 44.1 kHz": partial(resampled, rate_hz=44_100),
}


def recordings_below(folder: Path) -> list[Path]:
    """Return the wav and flac files of a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix in (".wav", ".flac"))


def moves(predictor: Predictor, files: Sequence[Path], seed: int) -> dict[str, NDArray[np.float64]]:
    """Return by change how far P(finding) of each recording and label moves, `(recordings, labels)`."""
    rng = np.random.default_rng(seed)
    sounds = [Sound(*soundfile.read(file)) for file in files]
    before = _answers(predictor, sounds)
    return {
        name: np.abs(_answers(predictor, [change(sound, rng) for sound in sounds]) - before)
        for name, change in CHANGES.items()
    }


def _answers(predictor: Predictor, sounds: Sequence[Sound]) -> NDArray[np.float64]:
    """Return P(finding) of every recording, `(recordings, labels)`."""
    found: list[list[float]] = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number:04d}.wav" for number in range(len(sounds))]
        for path, sound in zip(paths, sounds, strict=True):
            soundfile.write(path, sound.samples, sound.rate_hz, subtype=sound.stored_as)
        for start in range(0, len(paths), MAX_RECORDINGS):
            answered = predictor.predict(paths[start : start + MAX_RECORDINGS], uses_poor=True)
            found += [[answer.finding_probability for answer in one.answers] for one in answered.recordings]
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--number", type=int, default=104)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    files = recordings_below(given.recordings)
    drawn = np.random.default_rng(given.seed).choice(len(files), min(given.number, len(files)), replace=False)
    predictor = Predictor.open(given.bundle) if given.bundle else Predictor.shipped()
    print("| change | median | nine in ten below | largest |\n|---|---:|---:|---:|")
    for name, moved in moves(predictor, [files[index] for index in sorted(drawn)], given.seed).items():
        figures = (np.median(moved), np.quantile(moved, 0.9), moved.max())
        print(f"| {name} | {' | '.join(f'{figure:.3f}'.removeprefix('0') for figure in figures)} |")


if __name__ == "__main__":
    main()
