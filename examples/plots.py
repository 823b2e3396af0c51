"""Pictures: what each lesion looks like, and the ROC curves of a run.

    python examples/plots.py lesions --out lesions.png
    python examples/plots.py roc runs/RUN/predictions.csv --out roc.png

Needs matplotlib, which heartprobe itself does not. The sounds of the first picture are synthetic; the second shows
exactly the points that the report counts.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy.signal import spectrogram
from sklearn.metrics import roc_auc_score, roc_curve

from heartprobe.data.recordings import Position
from heartprobe.data.synthetic import random_patient, synthesise
from heartprobe.evaluation.predictions.table import read_predictions
from heartprobe.labels import LABEL_NAMES

RATE_HZ = 4000
#: Each label where it is heard best.
BEST_PLACES = {
    "N": Position("sup", "Mit"),
    "AS": Position("sup", "Aor"),
    "AR": Position("sit", "Tri"),
    "MR": Position("sup", "Mit"),
    "MS": Position("sup", "Mit"),
}


def plot_lesions(out: Path, *, seconds: float = 3.0, seed: int = 20) -> None:
    """Draw waveform and spectrogram of a healthy heart and of each lesion, with clear murmurs in a quiet room."""
    figure, rows = plt.subplots(len(BEST_PLACES), 2, figsize=(12, 11), sharex=True, layout="constrained")
    for (label, place), (left, right) in zip(BEST_PLACES.items(), rows, strict=True):
        patient = random_patient(() if label == "N" else (label,), np.random.default_rng(seed), grades=(3.5, 4.0))
        patient = replace(patient, sensor=replace(patient.sensor, body_level=0.02, breath_level=0.004, clicks_per_s=0))
        samples = synthesise(patient, place, np.random.default_rng(seed), duration_s=seconds + 2)[
            : int(seconds * RATE_HZ)
        ]
        left.plot(np.arange(len(samples)) / RATE_HZ, samples, linewidth=0.5)
        left.set(title=f"{LABEL_NAMES[label]}, {place}", ylim=(-1, 1), xlim=(0, seconds))
        plot_spectrogram(right, samples)
    for axes in rows[-1]:
        axes.set_xlabel("seconds")
    figure.suptitle("Synthetic heart sounds")
    figure.savefig(out, dpi=120)
    plt.close(figure)


def plot_spectrogram(axes: Axes, samples: np.ndarray) -> None:
    """Draw 60 dB of a spectrogram up to 800 Hz: 50 ms frames, a new one every 5 ms."""
    frequency_hz, time_s, power = spectrogram(samples, RATE_HZ, nperseg=200, noverlap=180, nfft=1024)
    decibels = 10 * np.log10(power + 1e-12)
    axes.pcolormesh(time_s, frequency_hz, decibels, vmin=decibels.max() - 60, vmax=decibels.max())
    axes.set(ylim=(0, 800), ylabel="Hz")


def plot_roc(predictions: Path, out: Path) -> dict[str, float]:
    """Draw the ROC curve over patients of each label (first repeat), and return the areas."""
    rows = read_predictions(predictions)
    rows = rows[(rows["level"] == "patient") & (rows["repeat"] == 0) & rows["truth"].notna()]
    figure, axes = plt.subplots(figsize=(6, 6), layout="constrained")
    areas = {}
    for label, own in rows.groupby("label", sort=False):
        if own["truth"].nunique() < 2:
            print(f"{label}: the test patients are all alike, so there is no curve.")
            continue
        areas[label] = float(roc_auc_score(own["truth"], own["probability"]))
        false_positives, true_positives, _ = roc_curve(own["truth"], own["probability"])
        axes.step(false_positives, true_positives, where="post", label=f"{label} {areas[label]:.3f}")
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title="Patients", aspect="equal")
    axes.legend(title="area under the curve")
    figure.savefig(out, dpi=120)
    plt.close(figure)
    return areas


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("lesions").add_argument("--out", type=Path, default=Path("lesions.png"))
    roc = commands.add_parser("roc")
    roc.add_argument("predictions", type=Path, help="predictions.csv of a run")
    roc.add_argument("--out", type=Path, default=Path("roc.png"))
    given = parser.parse_args()
    if given.command == "lesions":
        plot_lesions(given.out)
    else:
        plot_roc(given.predictions, given.out)
    print(given.out)


if __name__ == "__main__":
    main()
