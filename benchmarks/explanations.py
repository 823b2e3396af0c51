"""Whether the parts that an explanation names are those that a model goes by: a deletion test.

    python benchmarks/explanations.py RUN --data-dir BMD-HS [--recordings 40] [--step 0.5] [--json FILE]

Of the test patients of a run, recordings are drawn in which a lesion is present and was declared. Each is
explained, and a tenth of its cells is taken away at once: those that spoke most strongly for the finding,
those that spoke most strongly against it, and ten random tenths. If the explanation is right, the log odds fall most
without the first. They are taken away in two ways: as the explanation itself does it (everything that stands out
is brought down to the median), and by silence (-40 dB), which the explanation never saw.

    V. Petsiuk, A. Das, K. Saenko: RISE: Randomized Input Sampling for Explanation of Black-box Models. BMVC 2018
    (arXiv 1806.07421), for the deletion test.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from heartprobe.audio import Audio, read_audio
from heartprobe.config.schema import DatasetConfig
from heartprobe.data.bmd_hs import read_bmd_hs
from heartprobe.data.recordings import Demographics
from heartprobe.explain.explaining import asking, explain
from heartprobe.explain.grid import Grid
from heartprobe.explain.quieting import Part, Quieting
from heartprobe.labels import NORMAL
from heartprobe.predict import Predictor

SHARE, RANDOM_DRAWS, SILENCE = 0.1, 10, 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder with predictions.csv and bundle/")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--recordings", type=int, default=40)
    parser.add_argument("--step", type=float, default=0.5)
    parser.add_argument("--json", type=Path, help="also write the result to this file")
    arguments = parser.parse_args()
    paths = {r.recording_id: r.path for r in read_bmd_hs(arguments.data_dir, DatasetConfig()).recordings}
    rows = []
    with Predictor.open(arguments.run / "bundle", device="cpu") as predictor:
        for recording_id, label in chosen(arguments.run, arguments.recordings):
            audio = read_audio(paths[recording_id])
            rows.append({"recording_id": recording_id, "label": label, **test(predictor, audio, label, arguments.step)})
            print(rows[-1], flush=True)
    result = summary(rows)
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps({"summary": result, "rows": rows}, indent=2) + "\n")


def chosen(run: Path, n: int) -> list[tuple[str, str]]:
    """Draw recordings in which a lesion is present and declared."""
    table = pd.read_csv(run / "predictions.csv")
    is_hit = (table.level == "recording") & (table.label != NORMAL) & (table.truth == 1) & (table.decision == 1)
    hits = table[is_hit]
    drawn = hits.sample(min(n, len(hits)), random_state=0)
    return list(zip(drawn.recording_id, drawn.label, strict=True))


def test(predictor: Predictor, audio: Audio, label: str, step_s: float) -> dict[str, Any]:
    """Return by how much the log odds fall without each choice of cells."""
    start = time.perf_counter()
    explanation = explain(predictor, audio, label, step_s=step_s)
    seconds = time.perf_counter() - start
    ask, grid = asking(predictor, label, Demographics()), explanation.grid
    steps = grid.steps(audio.samples.size, audio.rate_hz)
    n_cells = round(SHARE * explanation.effect.size)
    order = np.argsort(-explanation.effect, axis=None, kind="stable")
    rng = np.random.default_rng(0)
    ways = {"median": Quieting.of(audio, grid), "silence": silencing(audio, grid)}
    whole = ask(audio)

    def fall(way: str, places: np.ndarray) -> float:
        cells = [divmod(int(place), grid.shape[1]) for place in places]
        return whole - ask(ways[way].without(*(Part((band,), steps[step]) for band, step in cells)))

    row: dict[str, Any] = {"log_odds": whole, "sum_of_effects": float(explanation.effect.sum())}
    row["everything"] = fall("median", order)
    random = [rng.permutation(order)[:n_cells] for _ in range(RANDOM_DRAWS)]
    for way in ways:
        row[f"{way}_for"] = fall(way, order[:n_cells])
        row[f"{way}_against"] = fall(way, order[-n_cells:])
        row[f"{way}_random"] = float(np.mean([fall(way, places) for places in random]))
    return {**row, "seconds": seconds}


def silencing(audio: Audio, grid: Grid) -> Quieting:
    """Return a recording whose parts are taken away by silence."""
    length = round(0.064 * audio.rate_hz)
    transform = ShortTimeFFT(hann(length, sym=False), hop=length // 4, fs=audio.rate_hz)
    spectrum = transform.stft(audio.samples.astype(np.float64)) * (1 - SILENCE)
    shares = grid.band_shares(transform.f)
    bands = [transform.istft(spectrum * share[:, np.newaxis], k1=audio.samples.size) for share in shares]
    return Quieting(audio, np.stack(bands).astype(np.float32))


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return means over the recordings, and how often the order is as it should be."""
    table = pd.DataFrame(rows)
    means = table.drop(columns=["recording_id", "label"]).mean().round(2).to_dict()
    order = {
        f"{way}_for_above_random": float((table[f"{way}_for"] > table[f"{way}_random"]).mean())
        for way in ("median", "silence")
    } | {
        f"{way}_against_below_random": float((table[f"{way}_against"] < table[f"{way}_random"]).mean())
        for way in ("median", "silence")
    }
    return {"recordings": len(table), "labels": table.label.value_counts().to_dict(), "means": means, "share": order}


if __name__ == "__main__":
    main()
